// Whether the browser holds every file of the app.

/** Waits until it does; the paths of the files. */
export const kept = (page) => page.evaluate(async () => {
  const { active } = await navigator.serviceWorker.ready;
  await new Promise((go) => (active.state === 'activated' ? go() : active.addEventListener('statechange', () => active.state === 'activated' && go())));
  const files = await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).map((r) => new URL(r.url).pathname)));
  return files.flat();
});
