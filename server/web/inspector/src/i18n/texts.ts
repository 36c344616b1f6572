// Every text of the app: Chinese, then English. An entry without one of them does not compile.
//
// One table per area, so that nobody needs to look through all of them. `{name}` is filled in; English writes
// `{name|one|several}` where a word goes with a number. Leaves out: what the phone says itself (faults), which comes in
// both languages from there.

import { frame } from './texts/frame';
import { issue } from './texts/issue';
import { photo } from './texts/photo';
import { sheet } from './texts/sheet';
import { sync } from './texts/sync';

/** The tables by area; no two have a key in common (a test compares). */
export const AREAS = { frame, sheet, photo, sync, issue };

export const TEXTS = { ...frame, ...sheet, ...photo, ...sync, ...issue };

export type TextKey = keyof typeof TEXTS;
