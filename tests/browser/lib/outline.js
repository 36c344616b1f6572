// The outline of a page: what it is made of, without the data in it.
//
// A picture differs with every font; this differs when a heading, a column, a field, a button or a word of the program
// changed. Invariant: nothing that somebody typed, counted or dated is in it: templates put such text into rows, <dd>,
// <bdi> or <code>. Leaves out: colours and places, which the checks measure.

/** The outline as lines of text. `names` are known names of places, which texts of the program may contain. */
export async function outline(page, names = []) {
  const lines = await page.evaluate(collect, { names, frame: false });
  return `${lines.join('\n')}\n`;
}

/** The outline of the frame around every page of a role: head and menu. */
export async function frame(page) {
  const lines = await page.evaluate(collect, { names: [], frame: true });
  return `${lines.join('\n')}\n`;
}

/** The program's own words on a page, one a line of the outline. */
export function words(text) {
  return text.split('\n').map((line) => line.replace(/^\s*(row )?\w+: /, ''));
}

/** Names of townships on the board, and of the campaign: what `outline` is to leave out. */
export async function namesOn(page) {
  return page.$$eval('.board tbody th a, .campaign', (all) => all.map((el) => el.firstChild?.textContent.trim() ?? ''));
}

// Runs in the page.
function collect({ names, frame }) {
  const DATA = 'tbody, dd, .who, .campaign, .crumbs [aria-current], .timeline, .gallery, .photos, .pair, [data-value]';
  const SAID = 'bdi, code, kbd, .mono, .val, .origin, .count, [data-value]';
  const KINDS = [
    ['.menu a', 'menu'], ['.menu h2', 'section'], ['.skip, .lang', 'link'], ['h1', 'h1'], ['h2', 'h2'], ['h3', 'h3'], ['caption', 'table'], ['thead th', 'column'],
    ['.tabs a, .seg a', 'view'], ['legend', 'fields'], ['dt', 'figure'], ['.notice', 'notice'], ['.empty p', 'empty'],
    ['.hint, small[id]', 'hint'], ['summary', 'more'], ['button', 'button'], ['a.button', 'link'],
  ];
  const typed = [...document.querySelectorAll('bdi')].map((el) => el.textContent.trim());
  // Of a page about one thing, its name stands at the end of the breadcrumb.
  if (/[0-9a-f]{8}-[0-9a-f-]{27}/.test(location.pathname)) {
    typed.push(...[...document.querySelectorAll('.crumbs')].map((el) => el.textContent.split(/[/›]/).pop().trim()));
  }
  const known = [...names, ...typed].filter((name) => name.length > 1).sort((a, b) => b.length - a.length);
  const clean = (text) => known.reduce((left, name) => left.replaceAll(name, '<name>'), text)
    .replace(/第[一二三四五六七八九十]+组/g, '<name>').replace(/\s+/g, ' ').trim()
    .replace(/\d{4}-\d\d-\d\d/g, '<date>').replace(/\d\d-\d\d \d\d:\d\d/g, '<time>').replace(/\d\d:\d\d(:\d\d)?/g, '<time>')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>').replace(/\b[0-9a-f]{8,}\b/g, '<hash>').replace(/\d+(\.\d+)?/g, '#');
  const said = (el, without) => {
    const copy = el.cloneNode(true);
    for (const part of copy.querySelectorAll(without)) part.replaceWith(part.matches('bdi') ? '<name>' : '');
    return clean(copy.textContent);
  };
  const ofField = (el) => {
    const label = el.getAttribute('aria-label');
    const row = el.closest('tr')?.querySelector('th[scope=row]')?.innerText.trim().split('\n')[0] ?? '';
    if (label) return clean(row ? label.replace(row, '') : label);
    return el.labels?.[0] ? said(el.labels[0], `${SAID}, input, select, textarea, small, .hint, .error`) : clean(el.placeholder ?? '');
  };
  const lines = frame ? [] : [`title: ${clean(document.title.replace(/ · [^·]*$/, ''))}`];
  const inRows = new Set();
  const FRAME = '.top, .menu, .skip';
  for (const el of document.querySelectorAll('body *')) {
    if (Boolean(el.closest(FRAME)) !== frame) continue;
    if (!(el.checkVisibility?.() ?? el.getClientRects().length > 0)) continue;
    const isField = el.matches('input:not([type=hidden]), select, textarea');
    const kind = isField ? 'field' : KINDS.find(([selector]) => el.matches(selector))?.[1];
    if (!kind) continue;
    const text = isField ? `${ofField(el)}${el.required ? ' *' : ''}` : said(el, `${SAID}, .notice .notice`);
    if (el.closest(DATA)) {
      // Of the rows only what can be done in them, once.
      if (!['field', 'button', 'more', 'link'].includes(kind) || inRows.has(kind + text)) continue;
      inRows.add(kind + text);
      lines.push(`    row ${kind}: ${text}`);
    } else {
      if (kind === 'h1' || kind === 'h2') inRows.clear();
      lines.push(`${kind.startsWith('h1') || kind.startsWith('h2') ? '' : '  '}${kind}: ${text}`.trimEnd());
    }
  }
  return lines;
}
