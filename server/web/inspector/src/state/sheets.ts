// What several screens say of sheets and sites.
//
// Leaves out: anything that counts towards a result, which the phone computes.

import { language, t } from '../i18n/language';
import type { CampaignView, Item, LineView, Mark, SheetView, SiteFilter, SiteView } from '../core/types';
import { points } from './points';

export const ALL_SITES: SiteFilter = { township: null, kind: null, text: null, unfinished: false, all_groups: false, struck: false };
/** To find one by its id. */
export const EVERY_SITE: SiteFilter = { ...ALL_SITES, all_groups: true, struck: true };

export const titleOf = (item: Item): string => (language.value === 'en' && item.title_en ? item.title_en : item.title_zh);
export const standardOf = (item: Item): string => (language.value === 'en' && item.standard_en ? item.standard_en : item.standard_zh);

/** Title of a sheet's checklist, as far as the phone knows it. */
export function checklistTitle(campaign: CampaignView | undefined, [code, version]: [string, number]): string {
  return campaign?.checklists.find(([c, v]) => c === code && v === version)?.[2] ?? code;
}

/** True once a sheet is handed in and not asked back for. */
export const isHandedIn = (site: SiteView): boolean => site.sheet_state !== null && site.sheet_state !== 'draft' && site.sheet_state !== 'returned';

/** True where answers may be changed. */
export const isOpen = (sheet: SheetView): boolean => sheet.state === 'draft' && !sheet.locked;

/** An answer in words. */
export function markText(item: Item, mark: Mark | null | undefined): string {
  if (mark === null || mark === undefined) return t('unanswered');
  if (mark === 'not_applicable') return t('na');
  if ('points' in mark) return t('sheet_points', { n: points(mark.points) });
  if ('count' in mark) return language.value === 'zh' ? `${mark.count} ${item.unit_zh ?? '处'}` : String(mark.count);
  if ('yes_no' in mark) return t(mark.yes_no ? 'yes' : 'no');
  return `${mark.ratio.ok}/${mark.ratio.sampled}`;
}

/** The mark that a stored value means for an item; null if it was cleared or is of another kind. */
export function markOf(item: Item, value: unknown): Mark | null {
  if (!Array.isArray(value)) return null;
  const raw: unknown = value[0];
  if (raw === null) return 'not_applicable';
  if (typeof raw === 'boolean') return { yes_no: raw };
  if (typeof raw === 'number') return item.type === 'score' ? { points: raw } : { count: raw };
  if (Array.isArray(raw)) return { ratio: { ok: Number(raw[0]), sampled: Number(raw[1]) } };
  return null;
}

/** The first line without an answer after a line, from the start again; null if there is none. */
export function nextOpen(lines: LineView[], after: string | null, missing: string[]): string | null {
  const from = lines.findIndex((l) => l.item.id === after) + 1;
  const inOrder = [...lines.slice(from), ...lines.slice(0, from)];
  return inOrder.find((l) => missing.includes(l.item.id))?.item.id ?? null;
}
