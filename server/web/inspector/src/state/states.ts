// The six words for where something stands, from what the phone says of it.
//
// Invariant: the words are the same on every screen. Leaves out: counting, which the phone does.

import { computed, type ComputedRef } from 'vue';
import type { PhotoState, RecordState, SheetState, Status } from '../core/types';
import { phone } from './phone';
import { useQuery, type Query } from './query';
import { progress } from './syncing';

/** It tells of every record, so that it is not asked for between two taps. */
const STATUS_MS = 300;

/** 草稿 · 已完成 · 待同步 · 同步中 · 已同步 · 需处理. */
export type StateWord = 'draft' | 'done' | 'waiting' | 'syncing' | 'synced' | 'attention';

/** Of a record; undefined: nothing of it was written yet. */
export function wordOfRecord(state: RecordState | undefined, syncing: boolean): StateWord | null {
  if (!state) return null;
  if (state.state === 'needs_you') return 'attention';
  if (state.state === 'held_by_server') return 'synced';
  return syncing ? 'syncing' : 'waiting';
}

/** Of a photo; those of others have none. */
export function wordOfPhoto(state: PhotoState): StateWord | null {
  switch (state.state) {
    case 'only_here':
      return 'waiting';
    case 'sending':
      return 'syncing';
    case 'held_by_server':
      return 'synced';
    case 'needs_you':
      return 'attention';
    case 'elsewhere':
      return null;
  }
}

/** Of a sheet itself, whatever the server has of it. */
export function wordOfSheet(state: SheetState): StateWord {
  if (state === 'returned') return 'attention';
  return state === 'draft' ? 'draft' : 'done';
}

/** The phone's status, and the word of each of its records. */
export function useStatus(): Query<Status> & { wordOf: (record: string | null) => StateWord | null; waiting: ComputedRef<number> } {
  const status = useQuery(() => phone.status(), 'status', STATUS_MS);
  const records = computed(() => new Map(status.value.value?.records.map((r) => [r.id, r.status])));
  const wordOf = (record: string | null) => wordOfRecord(record ? records.value.get(record) : undefined, progress.value !== null);
  const waiting = computed(() => {
    const s = status.value.value;
    return s ? s.sheets.only_here + s.issues.only_here + s.others.only_here + s.photos.only_here : 0;
  });
  return { ...status, wordOf, waiting };
}
