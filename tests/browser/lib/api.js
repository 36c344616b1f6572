// The office over HTTP, for what a test needs before it opens a page.
//
// Invariant: a refusal is an error that holds the server's answer. Leaves out: what people do on pages.

/** A password for logins that live as long as a test. */
export const PASSWORD = 'Kx7-mori-teal-92';

/** A signed-in person. */
export class Desk {
  constructor(url, token = null) {
    this.url = url;
    this.token = token;
  }

  /** One request; its JSON, or its text, or nothing. */
  async ask(method, path, body, more = {}) {
    const headers = { accept: 'application/json', ...more };
    if (this.token) headers.authorization = `Bearer ${this.token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const answer = await fetch(this.url + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}: ${text}`);
    return text && (answer.headers.get('content-type') ?? '').includes('json') ? JSON.parse(text) : text;
  }

  /** Signs in. */
  static async signIn(url, user, password = PASSWORD) {
    const { token } = await new Desk(url).ask('POST', '/api/v1/session', { user_name: user, password });
    return new Desk(url, token);
  }

  /** Makes a login from a one-time secret and signs it in. */
  static async setUp(url, secret, user, password = PASSWORD) {
    await new Desk(url).ask('POST', '/api/v1/setup', { secret, user_name: user, password });
    return Desk.signIn(url, user, password);
  }

  /** Invites somebody, who takes the login at once: `{ user, password }`. `scope` may hold unit and group. */
  async invite(role, user, scope = {}) {
    const { secret } = await this.ask('POST', '/api/v1/logins', { role, ...scope });
    await Desk.setUp(this.url, secret, user);
    return { user, password: PASSWORD, role };
  }
}
