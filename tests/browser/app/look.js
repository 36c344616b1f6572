// Looking at a screen of the app as a person with a small phone does, and as a machine.
//
// Invariant: a check says which element breaks it. Leaves out: how the screen was reached.

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { SCREENSHOTS } from '../lib/guanmo.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const FOLDER = path.join(SCREENSHOTS, 'app');
/** Fingers with gloves. */
export const LEAST_TARGET = 48;

/** Everything wrong with the screen as it stands; its picture is kept under `name`. */
export async function look(page, name, lang) {
  // Nothing is judged while it moves or is still being read.
  await page.evaluate(() => document.fonts.ready);
  mkdirSync(FOLDER, { recursive: true });
  await page.screenshot({ path: path.join(FOLDER, `${name}.${lang}.png`), fullPage: true, caret: 'initial' });
  const found = await page.evaluate(measure, { lang, least: LEAST_TARGET });
  await page.evaluate(AXE);
  const report = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'],
  }));
  for (const v of report.violations) {
    found.push(`axe ${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.html.slice(0, 160)} (${n.failureSummary?.split('\n')[1]?.trim().slice(0, 120)})`).join(' | ')}`);
  }
  return found.map((one) => `${name} ${lang}: ${one}`);
}

// Runs in the page.
function measure({ lang, least }) {
  const found = [];
  const tag = (el) => el.outerHTML.slice(0, 160).replace(/\s+/g, ' ');
  const seen = (el) => el.checkVisibility({ visibilityProperty: true }) && !el.closest('.sr-only');
  const html = document.documentElement;
  if (html.lang !== { zh: 'zh-CN', en: 'en' }[lang]) found.push(`lang is ${html.lang}`);
  if (html.scrollWidth > html.clientWidth) {
    const wide = [...document.querySelectorAll('body *')].find((el) => el.getBoundingClientRect().right > html.clientWidth + 1);
    found.push(`scrolls sideways by ${html.scrollWidth - html.clientWidth} px: ${wide ? tag(wide) : ''}`);
  }
  if (document.querySelectorAll('h1').length !== 1) found.push(`${document.querySelectorAll('h1').length} h1`);
  // Everything that can be tapped, but links inside a sentence.
  const targets = [...document.querySelectorAll('a[href], button, input, textarea, select, summary, [role=spinbutton]')].filter(seen);
  if (targets.length === 0) found.push('nothing to tap was measured');
  const sizes = targets.map((el) => ({ el, box: el.getBoundingClientRect() }));
  for (const { el, box } of sizes) {
    if (el.matches('p a') && getComputedStyle(el).display === 'inline') continue;
    if (box.height < least - 0.5 || box.width < least - 0.5) found.push(`target ${Math.round(box.width)}×${Math.round(box.height)}: ${tag(el)}`);
  }
  for (const el of document.querySelectorAll('button, .button, h1, h2, label, dd, .state, .tab')) {
    if (seen(el) && el.scrollWidth > el.clientWidth + 1 && getComputedStyle(el).display !== 'inline') found.push(`text does not fit: ${tag(el)}`);
  }
  // Names and words that people typed stand in <bdi>, <dd>, options and fields; the rest is in one language.
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const el = node.parentElement;
    if (!el.checkVisibility() || el.closest('bdi, dd, option, textarea, code, svg, script, style')) continue;
    const text = node.textContent.trim();
    if (lang === 'en' && /[一-龥]/.test(text)) found.push(`not translated: ${text.slice(0, 60)}`);
    if (lang === 'zh' && /[A-Za-z]{2,}/.test(text.replace(/PIN|HTTPS?|Wi-Fi|Chrome|Edge|Safari|Firefox|[A-Z]+\d*/g, ''))) found.push(`not translated: ${text.slice(0, 60)}`);
    if (/undefined|\[object|NaN|\{\w+\}/.test(text)) found.push(`shows ${text.slice(0, 60)}`);
  }
  return found;
}
