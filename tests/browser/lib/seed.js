// One played tour, with a login of every role: made once, copied for each test that wants it.
//
// Invariant: nobody writes to the original. Leaves out: an empty office, which takes no time to make.

import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Desk } from './api.js';
import { folder, must, serve } from './guanmo.js';

/** The department that answers for an issue of the tour. */
const DEPARTMENT = '住建局';

/** Roles that are invited to the console, and how far each reaches: whole, or to what one issue is about. */
const INVITED = (issue) => ({
  secadmin: {}, auditor: {}, county_lead: {}, county_reviewer: {}, scrutineer: {}, tally_clerk: {},
  group_rapporteur: { group_number: 1 },
  township_lead: { unit: issue.township.code },
  department_lead: { unit: DEPARTMENT },
  village_user: { unit: issue.village.code },
});

/** Gives an issue of the tour to the department; as it is then. */
async function assigned(desk) {
  const { items } = await desk.ask('GET', '/api/v1/issues?limit=200');
  const issue = items.find((i) => i.township && i.village && i.standing === 'to_assign');
  const at = `/api/v1/issues/${issue.id}`;
  await desk.ask('PATCH', at, { lead_unit: DEPARTMENT, due_on: issue.found_at.slice(0, 10) }, { 'if-match': '*' });
  return desk.ask('POST', `${at}/state`, { move: 'assign' });
}

/** Plays the tour into a folder, about 20 s with an unoptimised program. */
export async function play(t, dir) {
  const told = await must('demo', '--once', '--json', '--photos', '20', '--listen', '127.0.0.1:0', '--data', path.join(dir, 'tour'));
  const { logins } = JSON.parse(told);
  const server = await serve(t, path.join(dir, 'tour/server'));
  const everybody = {
    supervisor: { ...logins.supervisor, role: 'supervisor' },
    sysadmin: { ...logins.administrator, role: 'sysadmin' },
  };
  const { user, password } = logins.supervisor;
  const issue = await assigned(await Desk.signIn(server.url, user, password));
  const admin = await Desk.signIn(server.url, logins.administrator.user, logins.administrator.password);
  for (const [role, scope] of Object.entries(INVITED(issue))) {
    everybody[role] = await admin.invite(role, `测试${role.replaceAll('_', '')}`, scope);
  }
  await server.stop();
  await writeFile(path.join(dir, 'logins.json'), JSON.stringify(everybody));
}

/** A server on a copy of the played tour: `{ url, logins, dir, … }`. */
export async function played(t) {
  const original = process.env.GUANMO_SEED;
  if (!original) throw new Error('run the tests by `npm test`, which plays the tour first');
  const dir = await folder(t);
  await mkdir(path.join(dir, 'server'), { recursive: true });
  await cp(path.join(original, 'tour/server'), path.join(dir, 'server'), { recursive: true });
  const logins = JSON.parse(await readFile(path.join(original, 'logins.json'), 'utf8'));
  return { ...(await serve(t, path.join(dir, 'server'))), logins, dir };
}
