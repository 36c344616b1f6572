// Where the phone is, while a screen that shows it is open.
//
// Invariant: nothing waits for a position, and none is looked for unless somebody asked; the receiver is off again when the
// screen is left. Leaves out: keeping positions, which records do.

import { onScopeDispose, ref, shallowRef } from 'vue';

export interface Fix {
  lat: number;
  lon: number;
  accuracyM: number;
  atMs: number;
}

const EARTH_M = 6_371_000;
const OLDEST_MS = 60_000;
const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** Metres between two places on a ball. */
export function metresBetween(a: { lat: number; lon: number }, b: { lat: number; lon: number }): number {
  const half = (degrees: number) => Math.sin(radians(degrees) / 2) ** 2;
  const h = half(b.lat - a.lat) + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * half(b.lon - a.lon);
  return 2 * EARTH_M * Math.asin(Math.sqrt(h));
}

/** A phone's place for the screen that calls this; looks at once if that is already allowed. */
export function usePosition() {
  const fix = shallowRef<Fix | null>(null);
  const state = ref<'off' | 'looking' | 'here' | 'denied' | 'failed'>('off');
  let watching: number | null = null;
  const stop = () => {
    if (watching !== null) navigator.geolocation.clearWatch(watching);
    watching = null;
  };
  const look = () => {
    if (watching !== null || !navigator.geolocation) return;
    state.value = 'looking';
    watching = navigator.geolocation.watchPosition(
      ({ coords, timestamp }) => {
        fix.value = { lat: coords.latitude, lon: coords.longitude, accuracyM: Math.round(coords.accuracy), atMs: timestamp };
        state.value = 'here';
      },
      (error) => {
        state.value = error.code === error.PERMISSION_DENIED ? 'denied' : 'failed';
        stop();
      },
      { enableHighAccuracy: true, maximumAge: OLDEST_MS, timeout: 30_000 },
    );
  };
  onScopeDispose(stop);
  navigator.permissions?.query({ name: 'geolocation' }).then((said) => said.state === 'granted' && look(), () => {});
  return { fix, state, look };
}
