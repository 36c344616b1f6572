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

void keepFiles();
// The first answer comes once the phone is open.
syncByItself(phone.identity());
