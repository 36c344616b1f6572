// Every text of the app: Chinese, then English. An entry without one of them does not compile.
//
// `{name}` is filled in. Leaves out: what the phone says itself (faults), which comes in both languages from there.

export const TEXTS = {
  app: ['观摩通', 'Guanmo'],
  opening: ['正在打开本机数据…', 'Opening the data on this phone…'],
  ready: ['本机数据已打开', 'The data on this phone is open'],
  try_again: ['再试一次', 'Try again'],
  cannot_keep: ['这个浏览器存不了数据,不能用来检查', 'This browser cannot keep data and cannot be used for inspections'],
  lacks_insecure: [
    '当前地址不是安全连接(HTTPS),浏览器不让应用存放数据。请用 https:// 开头的地址打开;地址或证书问题请问督查室。',
    'This address is not a secure connection (HTTPS), so the browser gives the app no place for its data. Open the address that begins with https://; ask the office about address and certificate.',
  ],
  lacks_opfs: [
    '浏览器版本太旧。请换用 Chrome、Edge 109 以上,Safari 17 以上,或 Firefox 115 以上;微信里请点右上角,选“在浏览器中打开”。',
    'The browser is too old. Use Chrome or Edge 109, Safari 17, Firefox 115, or newer; inside WeChat choose "open in browser" at the top right.',
  ],
  lacks_locks: [
    '浏览器版本太旧。请换用 Chrome、Edge 109 以上,Safari 17 以上,或 Firefox 115 以上。',
    'The browser is too old. Use Chrome or Edge 109, Safari 17, Firefox 115, or newer.',
  ],
  lacks_private: [
    '这是无痕窗口,或浏览器设置不许网站存放数据。请在普通窗口打开,并允许本网站存放数据。',
    'This is a private window, or the browser is set to store nothing. Open a normal window, and allow this site to store data.',
  ],
  keep_refused: [
    '浏览器没有保证一直保留数据:手机空间不足时,它可能清掉还没有同步的内容。请把本应用添加到主屏幕或收藏,然后再试;在此之前请常同步,或导出未送达的内容。',
    'The browser does not promise to keep the data: when the phone runs out of space it may remove what is not synced. Add the app to the home screen or to the bookmarks, then try again; until then sync often, or export what is unsent.',
  ],
} as const satisfies Record<string, readonly [string, string]>;

export type TextKey = keyof typeof TEXTS;
