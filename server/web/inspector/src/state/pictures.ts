// Pictures of the phone's store on the screen, and new ones into it.
//
// Invariant: an address of a picture lives as long as the part that shows it; taking a photo never waits for a position.

import { onScopeDispose, ref, shallowReactive } from 'vue';
import type { Bytes, PhotoMeta, PhotoSource, PhotoStage, PhotoTarget, Position } from '../core/types';
import { act, lastFault } from './act';
import { bytesOf } from './files';
import { phone } from './phone';

/** The last photo found no room. */
export const noRoom = ref(false);
/** Photos that are being kept. */
export const adding = ref(0);

/** A fix of the last minute does; a new one may take this long, while the person goes on. */
const FIX: PositionOptions = { enableHighAccuracy: true, maximumAge: 60_000, timeout: 3_000 };
const E7 = 10_000_000;

let last: { position: Position; atMs: number } | null = null;

/** Where the phone is as far as it knows at once; starts nothing that was not allowed before. */
export async function positionNow(): Promise<Position | null> {
  const said = await navigator.permissions?.query({ name: 'geolocation' }).catch(() => null);
  if (said?.state !== 'granted') return null;
  return new Promise((resolve) => {
    const fresh = () => (last && Date.now() - last.atMs < 60_000 ? last.position : null);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const position = { lat_e7: Math.round(coords.latitude * E7), lon_e7: Math.round(coords.longitude * E7), accuracy_m: Math.round(coords.accuracy) };
        last = { position, atMs: Date.now() };
        resolve(position);
      },
      () => resolve(fresh()),
      FIX,
    );
  });
}

/** A photo into the store; its id, or undefined if it was not done, which the frame says. */
export async function addPhoto(target: PhotoTarget, item: string | null, file: Blob, source: PhotoSource, stage: PhotoStage | null): Promise<string | undefined> {
  adding.value += 1;
  try {
    const taken_at_ms = source === 'camera' ? Date.now() : null;
    const [picture, position] = await Promise.all([bytesOf(file), source === 'camera' ? positionNow() : null]);
    const meta: PhotoMeta = { caption: null, taken_at_ms, position, source, stage };
    const photo = await act(() => phone.attachPhoto(target, item, picture, meta));
    noRoom.value = photo === undefined && lastFault.value?.code === 'disk_full';
    return photo;
  } finally {
    adding.value -= 1;
  }
}

/** Addresses of pictures by photo, given back when the part is gone. */
export function usePictures(read: (photo: string) => Promise<Bytes | null>) {
  const urls = shallowReactive(new Map<string, string | null>());
  const asked = new Set<string>();
  let over = false;
  const want = async (photo: string) => {
    if (asked.has(photo)) return;
    asked.add(photo);
    const bytes = await read(photo).catch(() => null);
    if (over) return;
    urls.set(photo, bytes ? URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'image/jpeg' })) : null);
  };
  onScopeDispose(() => {
    over = true;
    for (const url of urls.values()) if (url) URL.revokeObjectURL(url);
  });
  return { urls, want };
}
