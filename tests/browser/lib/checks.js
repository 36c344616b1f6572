// What every page must keep, whatever it shows.
//
// Invariant: a check says which element breaks it. Leaves out: what a page may do behind the scenes (browser.js).

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { words } from './outline.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const CJK = /[\u3400-\u9fff\uf900-\ufaff]/;
/** Latin words a Chinese page may show: names of formats, and what stands on the device itself. */
const LATIN = /^(?:t|g|gbk|jsonl|csv|xlsx|json|geojson|excel|wps|api|pdf|jpeg|jpg|png|webp|heic|exif|english|gnss|gps|pin|qr|url|http|https|utf|bom|id|ip|kb|mb|gb|ok|na|tls|guanmo|swagger|ui|openapi|sha|hash|sm|ctrl|esc|enter|chromium|sqlite|device|serve|verify|forbidden|backup|restore|doctor|age|cert|data|time|date|code|or|to)$/i;

/** Everything that is wrong with the page as it stands. */
export async function check(page, lang, text) {
  const found = await page.evaluate(measure, lang);
  found.push(...translated(lang, text));
  await page.evaluate(AXE);
  const report = await page.evaluate(() => window.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'],
  }));
  for (const v of report.violations) {
    found.push(`axe ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(' | ')}`);
  }
  return found;
}

/** Lines of the outline in the other language. */
export function translated(lang, text) {
  // Names of coordinate systems and the like stand as they are in both languages.
  const lines = words(text).map((l) => l.replace(/WGS-?#?/g, ''));
  if (lang === 'en') return lines.filter((l) => CJK.test(l) && !/中文/.test(l)).map((l) => `not translated: ${l}`);
  const foreign = (l) => (l.replace(/<\w+>/g, '').match(/[A-Za-z]{2,}/g) ?? []).filter((w) => !LATIN.test(w));
  return lines.filter((l) => foreign(l).length > 0).map((l) => `not translated: ${l}`);
}

// Runs in the page.
function measure(lang) {
  const found = [];
  const html = document.documentElement;
  const tag = (el) => el.outerHTML.slice(0, 140).replace(/\s+/g, ' ');
  const visible = (el) => el.checkVisibility?.() ?? el.getClientRects().length > 0;
  const expected = { zh: 'zh-CN', en: 'en' }[lang];
  if (html.lang !== expected) found.push(`lang is ${html.lang}, not ${expected}`);
  if (html.scrollWidth > html.clientWidth) {
    const wide = [...document.querySelectorAll('main *')].find((el) => el.getBoundingClientRect().right > html.clientWidth + 1);
    found.push(`scrolls sideways by ${html.scrollWidth - html.clientWidth} px: ${wide ? tag(wide) : ''}`);
  }
  if (document.querySelectorAll('h1').length !== 1) found.push(`${document.querySelectorAll('h1').length} h1`);
  if (!document.querySelector('a.skip[href="#main"]')) found.push('no skip link');
  for (const img of document.images) {
    if (!img.hasAttribute('alt')) found.push(`no alt: ${tag(img)}`);
    if (img.complete && img.naturalWidth === 0 && !img.src.endsWith('.svg')) found.push(`broken picture: ${tag(img)}`);
  }
  for (const el of document.querySelectorAll('button, a.button, .menu a, .tabs a, select, input:not([type=hidden]):not([type=checkbox]):not([type=radio])')) {
    if (visible(el) && el.getBoundingClientRect().height < 24) found.push(`lower than 24 px: ${tag(el)}`);
  }
  for (const el of document.querySelectorAll('button, a.button, th, caption, h1, h2, label, dd, .tag')) {
    if (visible(el) && el.scrollWidth > el.clientWidth + 1 && getComputedStyle(el).display !== 'inline' && !el.classList.contains('sr')) {
      found.push(`text does not fit: ${tag(el)}`);
    }
  }
  for (const el of document.querySelectorAll('[style]:not([style=""]), script:not([src]), [onclick], [onchange], [onload]')) {
    found.push(`inline style or script: ${tag(el)}`);
  }
  const text = document.body.innerText;
  for (const junk of ['undefined', '[object', 'NaN', '{{', '{%', 'None)', 'Some(']) {
    if (text.includes(junk)) found.push(`shows ${junk}`);
  }
  return found;
}
