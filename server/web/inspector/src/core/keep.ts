// Asking the browser to keep what the phone holds.
//
// Invariant: a refusal changes nothing but what people are told: without the promise the browser may throw the data away
// when the phone's storage is full. Leaves out: how full it is now (`estimate` of the same interface).

export type Kept = 'kept' | 'refused' | 'unknown';

/** Whether the browser promised to keep the data; asks it if it did not yet. */
export async function askToKeep(): Promise<Kept> {
  if (!navigator.storage?.persist) return 'unknown';
  if (await navigator.storage.persisted()) return 'kept';
  return (await navigator.storage.persist()) ? 'kept' : 'refused';
}
