// The phone that every screen asks.
//
// Invariant: one for the whole page; screens import it, tests reach it at `window.guanmo`.

import { Core, phoneOf } from '../core/client';

export const core = new Core();
export const phone = phoneOf(core);
