// Screens of today's work: sites and sheets.

import type { RouteRecordRaw } from 'vue-router';

export const sheetRoutes: RouteRecordRaw[] = [
  { path: '/', component: () => import('../screens/home/HomeScreen.vue'), meta: { tab: true } },
  { path: '/sites', component: () => import('../screens/sites/SitesScreen.vue'), meta: { tab: true } },
  { path: '/sites/:id', component: () => import('../screens/sites/SiteScreen.vue'), props: true },
  { path: '/sheet/:id', component: () => import('../screens/sheet/SheetScreen.vue'), props: true, meta: { kept: true } },
  { path: '/sheet/:id/:item', component: () => import('../screens/sheet/ItemScreen.vue'), props: true, meta: { kept: true } },
  { path: '/enrol', component: () => import('../screens/enrol/EnrolScreen.vue') },
];
