// Points as people read them.
//
// Invariant: whole numbers of 1/10,000 point are turned into text without a detour over fractions. Leaves out: computing
// any, which the phone does.

const PARTS = 10_000;

/** `3.5`, `81.3889`: no more decimals than there are. */
export function points(e4: number): string {
  const sign = e4 < 0 ? '-' : '';
  const whole = Math.trunc(Math.abs(e4) / PARTS);
  const part = String(Math.abs(e4) % PARTS).padStart(4, '0').replace(/0+$/, '');
  return `${sign}${whole}${part && `.${part}`}`;
}
