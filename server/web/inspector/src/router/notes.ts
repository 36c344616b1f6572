// Screens of photos, issues, sync and settings.

import type { RouteRecordRaw } from 'vue-router';

export const noteRoutes: RouteRecordRaw[] = [
  { path: '/issues', component: () => import('../screens/issue/IssuesScreen.vue'), meta: { tab: true } },
  // `?site=` and `?sheet=&item=` say where it was found.
  { path: '/issues/new', component: () => import('../screens/issue/NewIssueScreen.vue') },
  { path: '/issues/:id', component: () => import('../screens/issue/IssueScreen.vue'), props: true },
  { path: '/sync', component: () => import('../screens/sync/SyncScreen.vue'), meta: { tab: true } },
  { path: '/settings', component: () => import('../screens/settings/SettingsScreen.vue') },
  { path: '/settings/can', component: () => import('../screens/settings/AbilitiesScreen.vue') },
  { path: '/photos/:kind/:id', component: () => import('../screens/photo/PhotoScreen.vue'), props: true },
];
