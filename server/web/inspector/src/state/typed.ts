// What is typed on a screen that makes a record only at its end, kept for the case that the app is killed meanwhile.
//
// Invariant: on disk before the next key; gone once the record is there. Leaves out: fields of records, which the phone saves.

import { keepTyped as put, typedText } from './place';

/** Keeps it under a name. */
export const keepTyped = (name: string, value: object): Promise<void> => put(name, JSON.stringify(value));
/** Nothing is kept any more. */
export const forgetTyped = (name: string): Promise<void> => put(name, '');

/** What was typed before, if anything was. */
export async function typedBefore<T>(name: string): Promise<T | null> {
  const text = await typedText(name);
  try {
    return text ? (JSON.parse(text) as T) : null;
  } catch {
    return null;
  }
}
