// A link to the server that can be made slow, cut, and switched to another build of the app.
//
// Invariant: bytes pass as they are; `app` is answered from a folder instead, as the server would. Counts what passed
// towards the server, apart from what either side says. Leaves out: loss of packets (`guanmo bench link` has that).

import { createReadStream, existsSync } from 'node:fs';
import { once } from 'node:events';
import http from 'node:http';
import path from 'node:path';

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.wasm': 'application/wasm', '.svg': 'image/svg+xml', '.png': 'image/png', '.webmanifest': 'application/manifest+json' };
const CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'";

/** A link before `to`: `{ url, sent(), slow(bytesPerSecond), cut(), mend(), refuse(pathPattern, status), app(folder) }`. */
export async function link(t, to) {
  const state = { rate: Infinity, folder: null, cut: false, refused: null, sent: 0, sockets: new Set() };
  const server = http.createServer((request, response) => {
    if (state.folder && request.url.startsWith('/app/')) return file(state.folder, request, response);
    // In the server's own name: a phone does not believe a proxy that a photo is refused.
    if (state.refused?.path.test(request.url)) return request.resume().on('end', () => response.writeHead(state.refused.status, { 'tus-resumable': '1.0.0' }).end());
    return pass(state, to, request, response);
  });
  server.on('connection', (socket) => {
    if (state.cut) return socket.destroy();
    state.sockets.add(socket);
    socket.on('close', () => state.sockets.delete(socket));
  });
  const close = () => {
    state.sockets.forEach((s) => s.destroy());
    return new Promise((done) => server.close(done));
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(close);
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    sent: () => state.sent,
    slow: (rate) => { state.rate = rate; },
    cut: () => {
      state.cut = true;
      state.sockets.forEach((s) => s.destroy());
    },
    mend: () => {
      state.cut = false;
      state.refused = null;
    },
    refuse: (path, status) => { state.refused = { path, status }; },
    app: (folder) => { state.folder = folder; },
  };
}

function file(folder, request, response) {
  const asked = new URL(request.url, 'http://x').pathname.slice('/app/'.length);
  const name = asked.split('/').pop().includes('.') ? asked : 'index.html';
  const found = path.join(folder, name);
  if (!existsSync(found)) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': TYPES[path.extname(name)] ?? 'application/octet-stream', 'content-security-policy': CSP, 'cache-control': name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache' });
  return createReadStream(found).pipe(response);
}

function pass(state, to, request, response) {
  const there = http.request(new URL(request.url, to), { method: request.method, headers: request.headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  const gone = () => {
    there.destroy();
    response.destroy();
  };
  there.on('error', gone);
  response.on('close', gone);
  paced(state, request, there).catch(gone);
}

/** The body at the rate of the link. */
async function paced(state, from, to) {
  for await (const chunk of from) {
    state.sent += chunk.length;
    if (Number.isFinite(state.rate)) await new Promise((go) => setTimeout(go, (chunk.length / state.rate) * 1000));
    if (!to.write(chunk)) await once(to, 'drain');
  }
  to.end();
}
