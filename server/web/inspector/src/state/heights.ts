// How high the rows of long lists were, for the time the app is open.
//
// Leaves out: where the page was scrolled to, which the router keeps.

import type { VirtualItem } from '@tanstack/vue-virtual';

/** By the name of the list. */
export const heights = new Map<string, VirtualItem[]>();
