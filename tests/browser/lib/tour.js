// A small tour made by the command line: two townships in two groups, four sites, three people.
//
// Leaves out: making one on the console's pages (walk.test.js does that).

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT, must } from './guanmo.js';

/** The checklists that come with the program. */
const CHECKLISTS = ['village', 'household', 'en-route', 'township-street', 'town-site'];

/** One row of CSV. */
export const row = (...cells) => cells.map((c) => `"${String(c ?? '').replaceAll('"', '""')}"`).join(',');

/** The columns of a site; what a row leaves out is empty. */
const COLUMNS = ['点位类型', '点位名称', '乡镇代码', '村代码', '编号', '县城点位类型', '纬度', '经度'];
/** The sites of the small tour. */
export const SITES = [
  ['示范村', '沙岗村', '640422215', '640422215200', ''], ['农户', '农户1', '640422215', '640422215200', '1'],
  ['示范村', '平峰村', '640422102', '640422102200', ''],
];
/** Its people. */
export const PEOPLE = [['观摩员01', '观摩员', 1], ['观摩员02', '观摩员', 1], ['观摩员03', '观摩员', 2]];

/** Makes and starts it in a data folder nobody serves; `sites` and `people` are added to its own; `open`: the group sees its sheets. */
export async function makeTour(data, { name = '观摩评比', sites = [], people = [], groups = ['第一组', '第二组'], open = false } = {}) {
  const at = ['--data', data];
  const table = async (what, file, text) => {
    const to = path.join(path.dirname(data), file);
    await writeFile(to, text);
    await must('import', what, to, ...at);
  };
  await must('campaign', ...at, 'new', name, '--from', '2026-05-01', '--to', '2026-05-02', ...(open ? ['--sheets-open'] : []));
  await table('divisions', 'divisions.csv', ['代码,名称', '640422,西吉县', '640422102,平峰镇', '640422215,火石寨乡', '640422102200,平峰村', '640422215200,沙岗村'].join('\r\n'));
  await must('campaign', ...at, 'group', '1', '--name', groups[0], '--townships', '640422215');
  await must('campaign', ...at, 'group', '2', '--name', groups[1], '--townships', '640422102');
  for (const file of CHECKLISTS) await must('import', 'checklist', path.join(ROOT, 'crates/domain/data', `${file}.json`), ...at);
  const siteRows = [...SITES, ...sites].map((s) => row(...COLUMNS.map((_, at) => s[at])));
  await table('sites', 'sites.csv', [COLUMNS.join(','), ...siteRows].join('\r\n'));
  const roster = [...PEOPLE, ...people].map((p) => row(...p));
  await table('roster', 'roster.csv', ['姓名,角色,组别', ...roster].join('\r\n'));
  await must('campaign', ...at, 'start');
}

/** A phone of its own process: `device(folder)('open', site)`. */
export const device = (folder) => (...args) => must('device', '--phone', folder, ...args);
