// Starting and pausing a sync, and what came of the last one.
//
// Invariant: one at a time, of whatever tab; nothing is asked of the network while nobody wants anything: a sync begins by
// the button, when the app opens and when the network comes back. Leaves out: how it is done (the phone).

import { computed, ref, shallowRef, watch } from 'vue';
import type { Fault, SyncOptions, SyncReport } from '../core/types';
import { core, phone } from './phone';
import { autoSync, wifiOnly } from './prefs';
import { progress } from './syncing';

const KEPT_AS = 'guanmo-last-sync';
const LEVEL = 6;
const RETRIES = 3;
const RUNNING = 'sync_running';
/** So soon after a sync began, a tap is the second one on its button and no wish to pause. */
const SECOND_TAP_MS = 700;

interface Last {
  atMs: number;
  report: SyncReport;
}

function kept(): Last | null {
  try {
    return JSON.parse(localStorage.getItem(KEPT_AS) ?? 'null') as Last | null;
  } catch {
    return null;
  }
}

/** The last sync that was not paused, whenever it was. */
export const lastSync = shallowRef<Last | null>(kept());
/** Of this page: why the last one did not end well. */
export const syncFault = shallowRef<Fault | null>(null);
/** Of this page: what the last one did. */
export const syncReport = shallowRef<SyncReport | null>(null);
const mine = ref(false);
/** Somebody asked it to stop. */
export const stopping = ref(false);
/** A sync is under way, of this tab or another. */
export const syncing = computed(() => mine.value || progress.value !== null);
let beganMs = 0;
watch(syncing, () => (beganMs = performance.now()), { flush: 'sync' });

interface Connection extends EventTarget {
  type?: string;
}

/** Whether this is Wi-Fi; null where the browser does not tell. */
export function onWifi(): boolean | null {
  const { type } = (navigator as { connection?: Connection }).connection ?? {};
  return type === undefined ? null : type === 'wifi' || type === 'ethernet';
}

/** Syncs. `photosToo`: also where they should wait for Wi-Fi. */
export async function sync(photosToo = false): Promise<void> {
  if (syncing.value) return;
  const options: SyncOptions = { level: LEVEL, page_bytes: 0, photos: photosToo || !wifiOnly.value || onWifi() === true, retries: RETRIES };
  [mine.value, stopping.value, syncFault.value] = [true, false, null];
  try {
    const report = await phone.sync(options);
    syncReport.value = report;
    if (!report.paused) keep({ atMs: Date.now(), report });
  } catch (thrown) {
    const fault = thrown as Fault;
    if (fault.code !== RUNNING) syncFault.value = fault;
  } finally {
    [mine.value, stopping.value, progress.value] = [false, false, null];
  }
}

function keep(last: Last) {
  lastSync.value = last;
  localStorage.setItem(KEPT_AS, JSON.stringify(last));
}

/** Asks a running sync to stop where it is. */
export async function pause(): Promise<void> {
  if (performance.now() - beganMs < SECOND_TAP_MS) return;
  stopping.value = true;
  await phone.pauseSync();
}

async function byItself() {
  if (!autoSync.value || !navigator.onLine || core.standing.phase !== 'ready') return;
  if (await phone.identity()) await sync();
}

/** From now on by itself, if that is wanted; `opened`: once the phone is open. */
export function syncByItself(opened: Promise<unknown>): void {
  addEventListener('online', () => void byItself());
  void opened.then(byItself);
}
