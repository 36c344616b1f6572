// How large the text is: 标准 17, 大 20, 特大 24 px; kept on this device.
//
// Invariant: the root element says the size, and everything in rem follows.

import { ref, watchEffect } from 'vue';

export const SIZES = [17, 20, 24] as const;
export type TextSize = (typeof SIZES)[number];
const KEPT_AS = 'guanmo-text';

const kept = Number(localStorage.getItem(KEPT_AS));

/** Pixels of body text. */
export const textSize = ref<TextSize>(SIZES.find((size) => size === kept) ?? 17);

/** Shows text of this size from now on. */
export function chooseSize(size: TextSize): void {
  localStorage.setItem(KEPT_AS, String(size));
  textSize.value = size;
}

watchEffect(() => {
  document.documentElement.dataset.text = String(textSize.value);
});
