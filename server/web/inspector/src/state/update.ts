// The app's own files: kept for starting without a network, and replaced by a newer build only when somebody says so.
//
// Invariant: a page runs the build it was opened with until it is loaded again; what was filled lies with the phone and
// knows nothing of builds. Leaves out: which files are kept (vite.config.ts).

import { readonly, ref, shallowRef } from 'vue';

/** Of this page. */
export const BUILD: string = __BUILD__;
const RELOADED = 'guanmo-reloaded';

/** `none`: this browser or address keeps nothing; `keeping`: the first time, under way; `kept`: starts without a network. */
export type Kept = 'none' | 'keeping' | 'kept';

const kept = ref<Kept>('none');
const waiting = shallowRef<ServiceWorker | null>(null);
const replaced = ref(false);

/** Whether the app starts without a network. */
export const startsOffline = readonly(kept);
/** A newer build is here and waits. */
export const newer = readonly(waiting);
/** Another page took the newer build: this one should be loaded again when it suits. */
export const outdated = readonly(replaced);

function follow(worker: ServiceWorker | null) {
  worker?.addEventListener('statechange', () => {
    if (worker.state === 'installed' && navigator.serviceWorker.controller) waiting.value = worker;
    if (worker.state === 'installed' || worker.state === 'activated') kept.value = 'kept';
    if (worker.state === 'redundant' && waiting.value === worker) waiting.value = null;
  });
}

let mine = false;

/** Has the files kept, and looks for a newer build whenever the app comes to the front with a network. */
export async function keepFiles(): Promise<void> {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (!workers) return;
  workers.addEventListener('controllerchange', () => {
    if (mine) location.reload();
    else if (waiting.value) replaced.value = true;
    waiting.value = null;
  });
  const scope = import.meta.env.BASE_URL;
  const registration = await workers.register(`${scope}sw.js`, { scope }).catch(() => null);
  // Without a network the registration is there from before; a certificate that was only clicked away gives none.
  if (!registration) return;
  kept.value = registration.active ? 'kept' : 'keeping';
  waiting.value = registration.waiting;
  follow(registration.installing);
  registration.addEventListener('updatefound', () => follow(registration.installing));
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && navigator.onLine) void registration.update().catch(() => {});
  });
}

/** Takes the newer build: this page is loaded again with it. */
export function takeNewer(): void {
  mine = true;
  waiting.value?.postMessage({ type: 'SKIP_WAITING' });
}

// A part of a build that is gone: the page is older than the files. What was filled is saved. Once: a part that stays away
// must not have the page load for ever.
addEventListener('vite:preloadError', () => {
  if (sessionStorage.getItem(RELOADED) === BUILD) return;
  sessionStorage.setItem(RELOADED, BUILD);
  location.reload();
});
