// What a table of texts is.

/** Chinese, then English, by key. */
export type Table = Record<string, readonly [zh: string, en: string]>;
