// For tests: a server on a free port, asked as its clients ask.
import { pino } from 'pino';
import { serve, type Listening } from './serve.js';
import type { ServerOptions } from './server.js';

/** An answer. */
export interface Answer {
  readonly status: number;
  /** What the body is, where it is JSON; else its text. */
  readonly body: unknown;
  readonly headers: Headers;
}

/** How it is asked. */
export interface Asked {
  readonly body?: unknown;
  /** The body as it is sent, instead. */
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server that can be asked. */
export interface AskedServer extends Listening {
  ask(method: string, path: string, asked?: Asked): Promise<Answer>;
  post(path: string, body: unknown): Promise<Answer>;
}

/** Opens a server on a free port; it logs nothing where nothing is said. */
export async function askedServer(options: ServerOptions): Promise<AskedServer> {
  const config = { ...options.config, port: 0 };
  const listening = await serve({ logger: pino({ level: 'silent' }), ...options, config });
  const ask: AskedServer['ask'] = (method, path, asked) => askAt(listening.address, method, path, asked);
  return { ...listening, ask, post: (path, body) => ask('POST', path, { body }) };
}

/** Asks a server by its address. */
export async function askAt(address: string, method: string, path: string, asked: Asked = {}): Promise<Answer> {
  const { body, raw, headers = {} } = asked;
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(`${address}${path}`, {
    method,
    headers: { ...(sent === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers };
}
