// How the app is built: into `dist`, which the server has inside, below `/app/`.
//
// The service worker keeps every file of one build, so that the app starts without a network; another build waits beside
// it until somebody says so or no page of the app is open (state/update.ts).

import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

/** Node's, of which only this is used here. */
declare const process: { env: Record<string, string | undefined> };

const BASE = '/app/';
const BRAND = '#0b4f9e';

export default defineConfig({
  base: BASE,
  define: {
    __BUILD__: JSON.stringify(process.env['GUANMO_BUILD'] ?? 'dev'),
    // Every screen is written with `setup`.
    __VUE_OPTIONS_API__: 'false',
  },
  plugins: [
    vue(),
    VitePWA({
      registerType: 'prompt',
      injectRegister: false,
      filename: 'sw.js',
      // The home screen's large pictures move when somebody puts the app there, which needs a network; a tab's small one is
      // asked for without one, too.
      includeManifestIcons: false,
      workbox: {
        globPatterns: ['**/*.{html,js,css,wasm,svg}', 'icon-192.png'],
        // The module; a file beyond this would silently not be kept.
        maximumFileSizeToCacheInBytes: 8_000_000,
        navigateFallback: 'index.html',
        navigateFallbackAllowlist: [/^\/app\//],
        cleanupOutdatedCaches: true,
        clientsClaim: false,
        skipWaiting: false,
        inlineWorkboxRuntime: true,
        sourcemap: false,
      },
      manifest: {
        id: BASE,
        name: '观摩通',
        short_name: '观摩通',
        description: '现场观摩检查：没有网络也能填写，有网络再同步',
        lang: 'zh-CN',
        start_url: BASE,
        scope: BASE,
        display: 'standalone',
        background_color: '#f2f4f7',
        theme_color: BRAND,
        icons: [
          { src: 'icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: 'icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: 'icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
    }),
  ],
  worker: { format: 'es' },
  build: {
    target: ['chrome109', 'safari17', 'firefox115'],
    // The content policy lets nothing in that is inside a page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
