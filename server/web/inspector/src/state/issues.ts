// What several screens say of issues.

import { language, t } from '../i18n/language';
import type { IssueCategory, IssueView, Severity, SiteView } from '../core/types';

export const SEVERITIES: readonly Severity[] = ['minor', 'major', 'grave'];

/** A category's name, or its code where this app knows it not. */
export function categoryName(all: IssueCategory[] | undefined, code: string): string {
  const found = all?.find((c) => c.code === code);
  return found ? (language.value === 'en' ? found.en : found.zh) : code;
}

/** Where it was found: site and place in words. */
export function placeOf(issue: IssueView, sites: SiteView[] | undefined): string {
  const site = sites?.find((s) => s.id === issue.site)?.name;
  return [site, issue.place].filter(Boolean).join(' · ');
}

export const severityName = (severity: Severity | null): string => (severity ? t(`severity_${severity}`) : '');
