// Finding pages: by the menu, then by the links on what was found.
//
// Invariant: a page that can be reached is found without anybody listing it, once for every shape of address.
// Leaves out: what is not a page (downloads, pictures).

/** The shape of an address: ids and codes taken out, the query reduced to what makes another page of it. */
export function shape(href) {
  const { pathname, searchParams } = new URL(href, 'http://x');
  const parts = pathname.split('/').map((part) => {
    if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(part) || /^\d+$/.test(part) || /^[0-9a-f]{64}$/.test(part)) return '{}';
    return part;
  });
  const views = ['view', 'step', 'tab'].filter((key) => searchParams.get(key)).map((key) => `${key}=${searchParams.get(key)}`);
  return parts.join('/') + (views.length ? `?${views.join('&')}` : '');
}

/** The file name of a shape. */
export function nameOf(form) {
  return form.replace(/^\/console\/?/, '').replaceAll('{}', 'one').replace(/[/?&=]+/g, '-') || 'board';
}

const NOT_PAGES = /^\/(assets|sign-out|api)|\/(blobs|photos\/[^/]+\/(original|watermarked|thumbnail))\b|\.(csv|xlsx|json|geojson|zip|svg|png|jpg|age)$|\/(export|download|template)/;

/** Every page that links lead to from where the person may start: `Map` of shape → address. */
export async function crawl(page, url, starts = ['/console']) {
  const found = new Map();
  const queue = [...starts];
  const links = [];
  while (queue.length > 0) {
    const at = queue.shift();
    const form = shape(at);
    if (found.has(form)) continue;
    const answer = await page.goto(url + at, { waitUntil: 'domcontentloaded' });
    if (!answer || !(answer.headers()['content-type'] ?? '').startsWith('text/html')) continue;
    found.set(form, at);
    links.push({ at, status: answer.status() });
    const hrefs = await page.$$eval('.menu a[href], main a[href]', (all) => all.filter((a) => !a.hasAttribute('download')).map((a) => a.getAttribute('href')));
    for (const href of hrefs) {
      const to = new URL(href, url + at);
      if (to.origin !== new URL(url).origin || NOT_PAGES.test(to.pathname)) continue;
      if (!to.pathname.startsWith('/console')) continue;
      to.searchParams.delete('lang');
      to.hash = '';
      if (!found.has(shape(to.href))) queue.push(to.pathname + to.search);
    }
  }
  return { found, links };
}
