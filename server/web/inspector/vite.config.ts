// How the app is built: into `dist`, which the server has inside, below `/app/`.

import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

export default defineConfig({
  base: '/app/',
  plugins: [vue()],
  worker: { format: 'es' },
  build: {
    target: ['chrome109', 'safari17', 'firefox115'],
    // The content policy lets nothing in that is inside a page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
