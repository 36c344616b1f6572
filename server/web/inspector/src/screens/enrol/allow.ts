// Asking the browser for what the app would like to have.
//
// Invariant: nothing is asked before somebody tapped the button that says why; a refusal stops nothing.

import { askToKeep } from '../../core/keep';

export type Allowed = 'allowed' | 'refused' | 'unknown';

async function keep(): Promise<Allowed> {
  const kept = await askToKeep();
  return kept === 'kept' ? 'allowed' : kept;
}

function place(): Promise<Allowed> {
  return new Promise((resolve) => {
    if (!navigator.geolocation) return resolve('unknown');
    navigator.geolocation.getCurrentPosition(
      () => resolve('allowed'),
      (error) => resolve(error.code === error.PERMISSION_DENIED ? 'refused' : 'unknown'),
      { timeout: 15_000 },
    );
  });
}

async function camera(): Promise<Allowed> {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    for (const track of stream.getTracks()) track.stop();
    return 'allowed';
  } catch {
    return 'refused';
  }
}

export const ask = { keep, place, camera };
