// What pages and the worker with the phone say to each other.
//
// Pages ask on the channel, so that every tab reaches the one worker that has the phone; a worker tells its own page by
// its port what only that page can act on. Invariant: a question has an id, by which the phone does it at most once.

import type { Commands, Fault, Progress } from './types';

export type CommandName = keyof Commands;
export type Answer<N extends CommandName> = ReturnType<Commands[N]>;
export type Arguments<N extends CommandName> = Parameters<Commands[N]>;

/** Of all tabs of this server. */
export const CHANNEL = 'guanmo-phone';
/** Who holds it has the phone. */
export const LOCK = 'guanmo-phone';

/** A page wants something done. */
export interface Ask {
  kind: 'ask';
  id: string;
  name: CommandName;
  args: unknown[];
}

/** A page that just opened wants to know whether somebody has the phone. */
export interface Hello {
  kind: 'hello';
}

/** What the worker with the phone says to all pages. */
export type Said =
  | { kind: 'here'; leader: string }
  | { kind: 'leading'; leader: string }
  | { kind: 'took'; id: string; leader: string }
  | { kind: 'answer'; id: string; value: unknown }
  | { kind: 'fault'; id: string; fault: Fault }
  | { kind: 'changed'; name: CommandName }
  | { kind: 'progress'; progress: Progress }
  | { kind: 'crashed'; ids: string[]; text: string };

/** Why this browser cannot keep the phone's data. */
export type Lack = 'insecure' | 'opfs' | 'locks' | 'private';

/** What a worker says to its own page. */
export type Told =
  | { kind: 'lacks'; lack: Lack }
  | { kind: 'waiting' }
  | { kind: 'leading' }
  | { kind: 'failed'; fault: Fault }
  | { kind: 'crashed'; text: string };
