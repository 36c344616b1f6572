// Makes the copies of a photo: the browser decodes, scales, writes the words of the strip and encodes, off the core's time.
//
// Invariant: what is made is only what the core's plan asks for, and the core checks it; a picture that the browser cannot
// read is handed over as nothing, which the core refuses in its own words. Leaves out: hash and words (the core's).

import type { PhotoPlan, Prepared, StripPlan } from './types';

/** The phone's letters; a browser in a worker finds the system's. */
const LETTERS = '"PingFang SC", "Microsoft YaHei", "HarmonyOS Sans SC", "Noto Sans CJK SC", "Noto Sans SC", sans-serif';
/** Common, and a rare one of a market's name (文垚市场). */
const PROBE = '观摩垚';
/** No font has it. */
const UNASSIGNED = '\u{10ffff}';

type Canvas = OffscreenCanvasRenderingContext2D;

/** The copies by their plan; empty ones where the browser cannot read the picture. */
export async function makeCopies(picture: Uint8Array<ArrayBuffer>, plan: PhotoPlan): Promise<Prepared> {
  const nothing = { stored: new Uint8Array(), thumbnail: new Uint8Array(), strip_px: null };
  // Upright as EXIF says, which is what browsers do unless told otherwise.
  const bitmap = await createImageBitmap(new Blob([picture])).catch(() => null);
  if (!bitmap) return nothing;
  try {
    if (bitmap.width * bitmap.height > plan.max_pixels) return nothing;
    const stored = scaled(bitmap, plan.stored_long_edge);
    const thumbnail = scaled(bitmap, plan.thumbnail_long_edge);
    const [sheet, strip_px] = withStrip(stored, plan.strip);
    return {
      stored: await encoded(sheet, plan.stored_quality),
      thumbnail: await encoded(thumbnail, plan.thumbnail_quality),
      strip_px,
    };
  } finally {
    bitmap.close();
  }
}

function sheetOf(width: number, height: number): Canvas {
  const canvas = new OffscreenCanvas(width, height).getContext('2d', { alpha: false });
  if (!canvas) throw new Error('no canvas');
  return canvas;
}

/** A copy whose longer edge has at most so many pixels, on white paper; never enlarged. */
function scaled(bitmap: ImageBitmap, longEdge: number): Canvas {
  const by = Math.min(1, longEdge / Math.max(bitmap.width, bitmap.height));
  const edge = (pixels: number) => Math.max(1, Math.round(pixels * by));
  const sheet = sheetOf(edge(bitmap.width), edge(bitmap.height));
  sheet.fillStyle = '#fff';
  sheet.fillRect(0, 0, sheet.canvas.width, sheet.canvas.height);
  sheet.imageSmoothingQuality = 'high';
  sheet.drawImage(bitmap, 0, 0, sheet.canvas.width, sheet.canvas.height);
  return sheet;
}

const colour = ([r, g, b]: readonly number[]) => `rgb(${r} ${g} ${b})`;

function withStrip(picture: Canvas, strip: StripPlan): [Canvas, number | null] {
  const { width, height } = picture.canvas;
  if (width < strip.min_width || !hasLetters()) return [picture, null];
  const em = Math.max(strip.min_em, Math.floor(width / strip.ems_per_width));
  const font = `${em}px ${LETTERS}`;
  picture.font = font;
  const lines = linesOf((text) => picture.measureText(text).width, strip, width - em);
  const [pad, line] = [Math.floor(em / 3), Math.floor((em * 4) / 3)];
  const stripHeight = 2 * pad + line * lines.length;
  const sheet = sheetOf(width, height + stripHeight);
  sheet.fillStyle = colour(strip.paper);
  sheet.fillRect(0, 0, width, height + stripHeight);
  sheet.drawImage(picture.canvas, 0, 0);
  Object.assign(sheet, { font, fillStyle: colour(strip.ink), textBaseline: 'middle' });
  lines.forEach((text, n) => sheet.fillText(text, em / 2, height + pad + line * (n + 0.5)));
  return [sheet, stripHeight];
}

/** The fields in as few lines as they fit in, none broken in two; one that is too long is cut. */
export function linesOf(widthOf: (text: string) => number, strip: Pick<StripPlan, 'fields' | 'separator' | 'cut'>, room: number): string[] {
  const lines: string[] = [];
  for (const field of strip.fields) {
    const text = shortened(widthOf, field, strip.cut, room);
    const last = lines.at(-1);
    const joined = last === undefined ? null : `${last}${strip.separator}${text}`;
    if (joined !== null && widthOf(joined) <= room) lines[lines.length - 1] = joined;
    else lines.push(text);
  }
  return lines;
}

function shortened(widthOf: (text: string) => number, field: string, cut: string, room: number): string {
  const letters = [...field.replace(/\p{Cc}/gu, '')];
  if (widthOf(letters.join('')) <= room) return letters.join('');
  while (letters.length > 0 && widthOf(letters.join('') + cut) > room) letters.pop();
  return letters.join('') + cut;
}

let found: boolean | null = null;

/** Whether the system has Chinese letters: none of the probe looks like a letter that no font has. */
function hasLetters(): boolean {
  found ??= (() => {
    const none = looks(UNASSIGNED);
    return [...PROBE].every((letter) => looks(letter) !== none);
  })();
  return found;
}

function looks(letter: string): string {
  const sheet = sheetOf(24, 24);
  Object.assign(sheet, { font: `20px ${LETTERS}`, fillStyle: '#fff', textBaseline: 'top' });
  sheet.fillText(letter, 1, 1);
  return sheet.getImageData(0, 0, 24, 24).data.join();
}

async function encoded(sheet: Canvas, quality: number): Promise<Uint8Array> {
  const blob = await sheet.canvas.convertToBlob({ type: 'image/jpeg', quality: quality / 100 });
  return new Uint8Array(await blob.arrayBuffer());
}
