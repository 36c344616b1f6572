// Where the person was, so that the app opens there again after it was killed.
//
// Invariant: on disk before the next screen is used: the browser's simple store is written seconds later, which a kill
// does not wait for. Leaves out: what was typed, which the phone keeps.

const NAME = 'guanmo-place';
const STORE = 'place';

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(NAME, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

async function inStore<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await database();
  try {
    return await new Promise((resolve, reject) => {
      const tx = db.transaction(STORE, mode, { durability: 'strict' });
      const request = work(tx.objectStore(STORE));
      tx.oncomplete = () => resolve(request.result);
      tx.onerror = tx.onabort = () => reject(tx.error);
    });
  } finally {
    db.close();
  }
}

/** Where the app opens again, and the last screen of a sheet. */
type Which = 'open' | 'sheet';

/** Notes a screen by its path. A browser that cannot do that opens at the first screen, no more. */
export function rememberPlace(which: Which, path: string): Promise<void> {
  return inStore('readwrite', (store) => store.put(path, which)).then(() => {}, () => {});
}

/** The path noted last. */
export function lastPlace(which: Which): Promise<string | null> {
  return inStore<unknown>('readonly', (store) => store.get(which)).then((path) => (typeof path === 'string' ? path : null), () => null);
}

/** Keeps what is typed on a screen under a name; empty: nothing is kept any more. */
export function keepTyped(name: string, text: string): Promise<void> {
  return inStore('readwrite', (store) => store.put(text, `typed/${name}`)).then(() => {}, () => {});
}

/** What was kept so. */
export function typedText(name: string): Promise<string | null> {
  return inStore<unknown>('readonly', (store) => store.get(`typed/${name}`)).then((text) => (typeof text === 'string' ? text : null), () => null);
}
