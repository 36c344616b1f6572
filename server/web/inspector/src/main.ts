// The start: the phone first, then the screens.

import { createApp } from 'vue';
import App from './App.vue';
import { router } from './router';
import { core, phone } from './state/phone';
import './theme/tokens.css';
import './theme/base.css';
import './theme/text-size';
import { syncByItself } from './state/sync';
import { keepFiles } from './state/update';

// For whoever helps over the telephone, and for tests: the same that the screens use.
Object.assign(window, { guanmo: { core, phone } });
createApp(App).use(router).mount('#app');

// The first answer comes once the phone is open.
const opened = phone.identity();

/** Until the first screen stands: what it needs comes before what is only kept for later. */
async function firstScreen(): Promise<void> {
  const who = await opened;
  await router.isReady();
  // From here App.vue leads to it.
  if (who !== null || router.currentRoute.value.path === '/enrol') return;
  await new Promise<void>((stands) => {
    const end = router.afterEach(() => {
      end();
      stands();
    });
  });
}

if (navigator.serviceWorker?.controller) void keepFiles();
else void firstScreen().catch(() => null).then(keepFiles);
syncByItself(opened);
