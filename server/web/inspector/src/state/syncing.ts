// Whether a sync of any tab is under way, and how far it is.
//
// Leaves out: starting one (the sync screen).

import { onScopeDispose, shallowRef } from 'vue';
import type { Progress } from '../core/types';
import { core } from './phone';

/** The last step told; null between syncs. */
export const progress = shallowRef<Progress | null>(null);

core.onProgress((told) => (progress.value = told));
core.onChange((name) => {
  if (name === 'sync') progress.value = null;
});

/** Runs after each sync that ended well, as long as the screen is there. */
export function afterSync(run: () => void): void {
  onScopeDispose(core.onChange((name) => name === 'sync' && run()));
}
