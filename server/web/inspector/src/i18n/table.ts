// What a table of texts is, and how a text is filled in.

/** Chinese, then English, by key. */
export type Table = Record<string, readonly [zh: string, en: string]>;

/** What is filled in, by name. */
export type Fill = Record<string, string | number>;

/** A text with `{name}` filled in, and of `{name|one|several}` the word that goes with the number. */
export function filled(text: string, fill: Fill): string {
  return text
    .replace(/\{(\w+)\|([^|}]*)\|([^}]*)\}/g, (_, name: string, one: string, several: string) =>
      Number(fill[name]) === 1 ? one : several,
    )
    .replace(/\{(\w+)\}/g, (whole, name: string) => String(fill[name] ?? whole));
}
