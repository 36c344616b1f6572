// The office a phone works for: a small tour, its logins, its codes.
//
// Leaves out: the phone (phone.js).

import path from 'node:path';
import { Desk } from '../lib/api.js';
import { folder, must, serve } from '../lib/guanmo.js';
import { makeTour } from '../lib/tour.js';

/** A served tour: `{ url, dir, desk, codes, stop }`; a code for each of `who`, `desk` is the supervisor's. */
export async function office(t, { who = ['观摩员01'], ...tour } = {}) {
  const dir = await folder(t);
  const data = path.join(dir, 'server');
  const first = await serve(t, data);
  const admin = await Desk.setUp(first.url, first.secret, '系统管理员');
  await admin.invite('supervisor', '督查员');
  await first.stop();
  await makeTour(data, tour);
  const codes = [];
  for (const name of who) codes.push(JSON.parse(await must('code', name, '--json', '--data', data)).code);
  const server = await serve(t, data);
  return { ...server, dir, codes, desk: await Desk.signIn(server.url, '督查员') };
}
