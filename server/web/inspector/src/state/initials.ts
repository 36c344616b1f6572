// Finding a site by its name, its code, or the pinyin initials of its name.
//
// The browser's Chinese order is that of pinyin, so the first character of each letter is enough of a table. Leaves out:
// characters with several readings, which have the commoner one; a browser without that order finds by characters only.

/** The first character of each initial in pinyin order; there is none for I, U and V. */
const FIRST = '吖八嚓咑妸发旮哈丌咔垃妈拏喔妑七呥仨他屲夕丫帀';
const LETTERS = 'abcdefghjklmnopqrstwxyz';
const order = new Intl.Collator('zh-Hans-u-co-pinyin');
const works = order.compare('中', '啊') > 0 && order.compare('啊', '八') < 0;

function initial(character: string): string {
  if (!/[一-鿿]/.test(character) || !works) return character.toLowerCase();
  let found = '';
  for (const [at, first] of [...FIRST].entries()) if (order.compare(character, first) >= 0) found = LETTERS[at] ?? '';
  return found;
}

/** `沙岗村` → `sgc`. */
export const initials = (text: string): string => [...text].map(initial).join('');

/** Whether what was typed is in one of these, as it stands or as initials. */
export function fits(typed: string, ...texts: string[]): boolean {
  const wanted = typed.trim().toLowerCase();
  return wanted === '' || texts.some((text) => text.toLowerCase().includes(wanted) || initials(text).includes(wanted));
}
