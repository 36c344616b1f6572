// Which address is which screen, below `/app/`.
//
// Invariant: a screen with `meta.kept` is where the app opens again after it was killed; any other ends that. Leaves out:
// whether the phone may show anything (App.vue).

import { createRouter, createWebHistory } from 'vue-router';
import { lastPlace, rememberPlace } from '../state/place';
import { noteRoutes } from './notes';
import { scrollBehavior } from './scroll';
import { sheetRoutes } from './sheets';

declare module 'vue-router' {
  interface RouteMeta {
    /** One of the four main screens: the bar of tabs is shown. */
    tab?: true;
    /** Where the app opens again. */
    kept?: true;
  }
}

const BASE = '/app/';

export const router = createRouter({
  history: createWebHistory(BASE),
  routes: [...sheetRoutes, ...noteRoutes, { path: '/:rest(.*)*', component: () => import('../screens/NotFound.vue') }],
  scrollBehavior,
});

let opened = false;
router.beforeEach(async (to) => {
  const first = !opened;
  opened = true;
  if (!first || to.path !== '/') return true;
  const place = await lastPlace('open');
  return place && place !== '/' ? place : true;
});
router.afterEach((to) => {
  if (to.meta.kept) void Promise.all([rememberPlace('open', to.fullPath), rememberPlace('sheet', to.fullPath)]);
  else if (to.meta.tab) void rememberPlace('open', '/');
});
