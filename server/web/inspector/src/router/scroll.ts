// Where a screen is scrolled to: the top, or on the way back where it was.
//
// Invariant: what a screen shows comes from the phone a moment later, so going back waits until the page is high enough,
// and not for longer than a person takes to scroll by himself. Leaves out: how high rows are (parts/VirtualList.vue).

import type { RouterScrollBehavior } from 'vue-router';

const LONGEST_MS = 2_000;

/** Until the page can be scrolled to `top`; false if somebody scrolled before. */
function highEnough(top: number): Promise<boolean> {
  return new Promise((resolve) => {
    const page = document.documentElement;
    const end = (yes: boolean) => {
      watcher.disconnect();
      clearTimeout(timer);
      for (const name of ['wheel', 'touchstart', 'keydown'] as const) removeEventListener(name, byHand);
      resolve(yes);
    };
    const look = () => {
      if (page.scrollHeight - innerHeight >= top) end(true);
    };
    const byHand = () => end(false);
    const watcher = new ResizeObserver(look);
    const timer = setTimeout(() => end(true), LONGEST_MS);
    for (const name of ['wheel', 'touchstart', 'keydown'] as const) addEventListener(name, byHand, { passive: true });
    watcher.observe(document.body);
  });
}

/** For the router. */
export const scrollBehavior: RouterScrollBehavior = async (to, from, saved) => {
  // Another filter is no other screen.
  if (!saved) return to.path === from.path ? false : { top: 0 };
  return (await highEnough(saved.top)) ? saved : false;
};
