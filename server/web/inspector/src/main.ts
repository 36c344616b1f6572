// The start: the phone first, then the screens.

import { createApp } from 'vue';
import App from './App.vue';
import { Core, phoneOf } from './core/client';

const core = new Core();
// For whoever helps over the telephone, and for tests: the same that the screens use.
Object.assign(window, { guanmo: { core, phone: phoneOf(core) } });
createApp(App, { core }).mount('#app');
