// Whether the browser believes there is a network.
//
// Invariant: it only changes what people are told; a sync is tried anyway.

import { ref } from 'vue';

export const online = ref(navigator.onLine);
addEventListener('online', () => (online.value = true));
addEventListener('offline', () => (online.value = false));
