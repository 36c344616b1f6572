// Which commands touch what a screen may show.
//
// Invariant: a command that is not named here touches everything, and what has no topic is touched by every command: a
// new command or screen is slower than it could be, never stale. Leaves out: what a command does, which the phone knows.

import type { CommandName } from '../core/messages';

/** `self`: who the phone is, its PIN and its campaign. */
export type Topic = 'self' | 'sheet' | 'photos' | 'status';

const OF_SHEETS: readonly Topic[] = ['sheet', 'status'];
const TOUCHED: Partial<Record<CommandName, readonly Topic[]>> = {
  answer: OF_SHEETS,
  clearAnswer: OF_SHEETS,
  setVisit: OF_SHEETS,
  setSheetNote: OF_SHEETS,
  attachPhoto: ['sheet', 'photos', 'status'],
};

/** Whether what a screen shows of a topic may be another after a command. */
export function touches(name: CommandName | undefined, topic: Topic | undefined): boolean {
  const touched = name && TOUCHED[name];
  return !touched || !topic || touched.includes(topic);
}
