// What this browser can do for the app at this address, found out rather than known by name.
//
// Leaves out: what it lacks so far that the app cannot run at all (core/support.ts says that from the worker).

import { startsOffline } from './update';

export interface Abilities {
  /** HTTPS with a certificate the browser trusts, or the machine itself. */
  secure: boolean;
  /** Files with synchronous access: the database. */
  files: boolean;
  locks: boolean;
  /** Starts without a network. */
  offline: 'yes' | 'soon' | 'no';
  /** It promised to keep the data. */
  kept: boolean;
  camera: boolean;
  place: boolean;
  share: boolean;
}

/** Looks at each; asks nobody for anything. */
export async function lookAround(): Promise<Abilities> {
  const has = await navigator.storage?.getDirectory?.().then(() => true, () => false);
  return {
    secure: isSecureContext,
    files: Boolean(has) && typeof FileSystemFileHandle !== 'undefined',
    locks: 'locks' in navigator,
    offline: { kept: 'yes', keeping: 'soon', none: 'no' }[startsOffline.value] as Abilities['offline'],
    kept: (await navigator.storage?.persisted?.()) ?? false,
    camera: typeof navigator.mediaDevices?.getUserMedia === 'function',
    place: 'geolocation' in navigator,
    share: typeof navigator.share === 'function',
  };
}

/** Whether the app is worth taking to where there is no network. */
export const isWhole = (can: Abilities): boolean => can.secure && can.files && can.locks && can.offline !== 'no';
