// Times and days as people read them: of the county, whatever the phone is set to.

const ZONE = 'Asia/Shanghai';
const clock = new Intl.DateTimeFormat('zh-CN', { timeZone: ZONE, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const date = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE });

export const DAY_MS = 24 * 60 * 60 * 1000;

/** How long something has waited: up to a day, up to three, longer. */
export function waitOf(sinceMs: number | null | undefined, now = Date.now()): 'fresh' | 'aging' | 'old' {
  const waited = sinceMs ? now - sinceMs : 0;
  return waited > 3 * DAY_MS ? 'old' : waited > DAY_MS ? 'aging' : 'fresh';
}

/** `09:41`. */
export const timeOf = (ms: number): string => clock.format(ms);
/** `2026-11-27`. */
export const dateOf = (ms: number): string => date.format(ms);
/** The time today, else day and time. */
export const whenOf = (ms: number, now = Date.now()): string =>
  dateOf(ms) === dateOf(now) ? timeOf(ms) : `${dateOf(ms).slice(5)} ${timeOf(ms)}`;
