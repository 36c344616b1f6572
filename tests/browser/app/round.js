// A whole round of sites: what is to be tapped at each, and the comparison of that with what somebody else says is there.
//
// Invariant: the list is made from the checklists' files and the bytes of the pictures alone; neither the phone nor the
// server is asked what should be there. What was compared is counted. Leaves out: tapping (hand.js).

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../lib/guanmo.js';
import { jpegsHeld } from './desk.js';
import { ask } from './phone.js';

const E4 = 10_000;
const QUICK_STEP = 5_000;
/** What the app offers where the checklist names no number. */
const SAMPLE = 10;
const SHAGANG = ['640422215', '640422215200'];
const FILES = { household: 'household', demonstration_village: 'village', route_segment: 'en-route' };

/** Households that come on top of the two sites of the small tour, and a stretch of road: forty with those two. */
export const SITES = [
  ['沿途路段', '火石寨至县城路段', '640422215'],
  ...[...Array(37).keys()].map((n) => ['农户', `农户${n + 2}`, ...SHAGANG, String(n + 2)]),
];

/** Some mark that a line can have, another one for each `n`. */
function markFor(type, max, step, sample, n) {
  if (type === 'score') return { points: max - step * (n % Math.min(4, max / step + 1)) };
  if (type === 'yes_no') return { yes_no: n % 3 !== 0 };
  if (type === 'ratio') return { ratio: { ok: sample - 1 - (n % 2), sampled: sample } };
  return { count: 1 + (n % 3) };
}

/** What to tap at the `n`th site: `[{ item, mark, max, step, sample }]` in the order of the lines. */
export function planFor(kind, form, n) {
  const { sections, items } = JSON.parse(readFileSync(path.join(ROOT, 'crates/domain/data', `${FILES[kind]}.json`), 'utf8'));
  const lines = form === 'quick'
    ? sections.map((s) => ({ item: s.code, type: 'score', max: s.max_points * E4, step: QUICK_STEP }))
    : items.map((i) => ({ item: i.id, type: i.type, max: i.max_points * E4, step: (i.step ?? 0) * E4, sample: i.sample_size ?? SAMPLE }));
  return lines.map((line, at) => ({ ...line, mark: markFor(line.type, line.max, line.step, line.sample, n * 7 + at) }));
}

/** The list of a round, sheet by sheet. */
export class Round {
  sheets = new Map();

  /** Notes what was done at a site. */
  add(sheet, { kind, plan = [], note = null, visit = null }, pictures) {
    this.sheets.set(sheet, { kind, answers: Object.fromEntries(plan.map((l) => [l.item, l.mark])), note, visit, pictures });
  }

  /** The sheet of the `n`th stop. */
  sheetAt(n) {
    return [...this.sheets.keys()][n];
  }

  /**
   * How `look`, which gives a sheet as `add` notes it, differs: `{ sheets, answers, photos, unequal }`. What was noted freely
   * about a household only its author reads, so that for the `office` there is none.
   */
  async against(look, { office = false } = {}) {
    const told = { sheets: 0, answers: 0, photos: 0, unequal: [] };
    for (const [sheet, due] of this.sheets) {
      const is = await look(sheet);
      told.sheets += 1;
      for (const item of new Set([...Object.keys(due.answers), ...Object.keys(is.answers)])) {
        told.answers += 1;
        compare(told, `${sheet} ${item}`, due.answers[item], is.answers[item]);
      }
      compare(told, `${sheet} visit`, due.visit, is.visit);
      compare(told, `${sheet} note`, office && due.kind === 'household' ? null : due.note, is.note);
      const byHash = (pictures) => pictures.map((p) => `${p.original} ${p.stored}`).sort();
      const [mine, theirs] = [byHash(due.pictures), byHash(is.pictures)];
      for (const hash of new Set([...mine, ...theirs])) {
        told.photos += 1;
        compare(told, `${sheet} photo`, mine.includes(hash) ? hash : undefined, theirs.includes(hash) ? hash : undefined);
      }
    }
    return told;
  }
}

const sorted = (value) => JSON.stringify(value, (_, v) => (v && typeof v === 'object' && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort()) : v));
function compare(told, name, due, is) {
  if (sorted(due) !== sorted(is)) told.unequal.push(`${name}: ${sorted(due)} is ${sorted(is)}`);
}

/** What the phone says of a sheet. */
export const phoneSays = (page) => async (sheet) => {
  const view = await ask(page, 'sheet', sheet);
  const answers = Object.fromEntries(view.lines.filter((l) => l.answer).map((l) => [l.item.id, l.answer.mark]));
  const pictures = view.photos.map((p) => ({ original: p.original_hash, stored: p.stored_hash }));
  return { answers, note: view.note || null, visit: view.visit, pictures };
};

/** A mark as the console has it, as the phone has it. */
function shownMark(shown) {
  const { mark } = shown.answer;
  if ('bool' in mark) return { yes_no: mark.bool };
  return 'ratio' in mark ? { ratio: { ok: mark.ratio[0], sampled: mark.ratio[1] } } : mark;
}

/** What a supervisor sees of a sheet; a picture only where a file with its hash lies on the server's disk. */
export function officeSees(desk, data) {
  const held = jpegsHeld(data);
  return async (sheet) => {
    const record = await desk.ask('GET', `/api/v1/records/${sheet}`);
    const items = record.sections.flatMap((s) => s.items).filter((i) => i.answer);
    const field = (name) => record.fields.find((f) => f.field === name)?.value ?? {};
    const pictures = [];
    for (const { id } of record.photos) {
      const photo = await desk.ask('GET', `/api/v1/photos/${id}`);
      pictures.push({ original: photo.original_hash, stored: held.has(photo.stored_hash) ? photo.stored_hash : 'not on the disk' });
    }
    const answers = Object.fromEntries(items.map((i) => [i.item, shownMark(i.answer)]));
    return { answers, note: field('note').text || null, visit: field('visit').word ?? null, pictures };
  };
}
