// Where things stand on the sketch: coordinates squeezed into a box, north up.
//
// Leaves out: any map below it.

import type { SiteView } from '../../core/types';
import type { Fix } from '../../state/position';

/** Units across; as many high as the places need. */
export const WIDTH = 340;
const MARGIN = 38;
const [LOWEST, HIGHEST] = [220, 460];
/** A single place still gets a field of about this many degrees around it. */
const LEAST_DEGREES = 0.01;
/** Around the dots of a township. */
const PAD = 16;

interface Point {
  x: number;
  y: number;
}
interface Town extends Point {
  code: string;
  name: string;
  width: number;
  height: number;
}
export interface Sketch {
  height: number;
  dots: (Point & { site: SiteView })[];
  towns: Town[];
  own: Point | null;
}

/** The sketch; null if no site has coordinates. */
export function sketch(sites: SiteView[], fix: Fix | null): Sketch | null {
  const placed = sites.flatMap((site) => (site.lat_e7 === null || site.lon_e7 === null ? [] : [{ site, lat: site.lat_e7 / 1e7, lon: site.lon_e7 / 1e7 }]));
  const first = placed[0];
  if (!first) return null;
  const shrink = Math.cos((first.lat * Math.PI) / 180);
  const all = [...placed, ...(fix ? [fix] : [])];
  const east = all.map((p) => p.lon * shrink);
  const north = all.map((p) => p.lat);
  const [west, south] = [Math.min(...east), Math.min(...north)];
  const wide = Math.max(Math.max(...east) - west, LEAST_DEGREES);
  const high = Math.max(Math.max(...north) - south, LEAST_DEGREES);
  const height = Math.min(HIGHEST, Math.max(LOWEST, ((WIDTH - 2 * MARGIN) * high) / wide + 2 * MARGIN));
  const scale = Math.min((WIDTH - 2 * MARGIN) / wide, (height - 2 * MARGIN) / high);
  const at = (p: { lat: number; lon: number }): Point => ({ x: MARGIN + (p.lon * shrink - west) * scale, y: height - MARGIN - (p.lat - south) * scale });
  const dots = placed.map((p) => ({ site: p.site, ...at(p) }));
  return { height, dots, towns: boxes(dots), own: fix && at(fix) };
}

function boxes(dots: Sketch['dots']): Town[] {
  return [...grouped(dots)].filter(([code]) => code !== '').map(([code, of]) => {
    const [xs, ys] = [of.map((d) => d.x), of.map((d) => d.y)];
    const [x, y] = [Math.min(...xs) - PAD, Math.min(...ys) - PAD - 14];
    return { code, name: of[0]?.site.township ?? '', x, y, width: Math.max(...xs) + PAD - x, height: Math.max(...ys) + PAD - y };
  });
}

function grouped(dots: Sketch['dots']): Map<string, Sketch['dots']> {
  const by = new Map<string, Sketch['dots']>();
  for (const dot of dots) by.set(dot.site.township_code ?? '', [...(by.get(dot.site.township_code ?? '') ?? []), dot]);
  return by;
}
