// The connection: undici behind the proxies that the environment names (HTTP_PROXY, HTTPS_PROXY, NO_PROXY), and its failures in words.
import { type Dispatcher, EnvHttpProxyAgent, interceptors } from 'undici';
import { errorCode, PullError } from './errors.js';

/** Longest silence of a server in milliseconds. */
const SILENCE = 60_000;

/** Opens a connection pool. `EnvHttpProxyAgent` is the one place that reads the proxies from the environment. */
export function openConnection(silence: number = SILENCE): Dispatcher & { close(): Promise<void> } {
  const agent = new EnvHttpProxyAgent({
    // Plain http goes through a proxy as a plain request: many refuse a tunnel to port 80.
    proxyTunnel: false,
    connectTimeout: Math.min(silence, 20_000),
    headersTimeout: silence,
    bodyTimeout: silence,
  });
  const following = agent.compose(interceptors.redirect({ maxRedirections: 5 }));
  return Object.assign(following, { close: () => agent.destroy() });
}

/** What a failed connection means in words, and whether trying again makes sense. */
export interface Failure {
  readonly why: string;
  /** `later`: it may work in a moment; `never`: something must be changed first; `offline`: nothing answers at all. */
  readonly again: 'later' | 'never' | 'offline';
}

const FAILURES: Readonly<Record<string, Failure>> = {
  ENOTFOUND: { why: 'its address cannot be looked up', again: 'offline' },
  EAI_AGAIN: { why: 'its address cannot be looked up', again: 'offline' },
  ECONNREFUSED: { why: 'it refuses the connection', again: 'offline' },
  ENETUNREACH: { why: 'there is no way to it', again: 'offline' },
  EHOSTUNREACH: { why: 'there is no way to it', again: 'offline' },
  UND_ERR_CONNECT_TIMEOUT: { why: 'it does not answer', again: 'offline' },
  ECONNRESET: { why: 'the connection broke off', again: 'later' },
  EPIPE: { why: 'the connection broke off', again: 'later' },
  UND_ERR_SOCKET: { why: 'the connection broke off', again: 'later' },
  UND_ERR_HEADERS_TIMEOUT: { why: 'it does not answer', again: 'later' },
  UND_ERR_BODY_TIMEOUT: { why: 'it stopped sending', again: 'later' },
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: { why: 'it sent less than it announced', again: 'later' },
};

/** A failure of the connection; `undefined` where it is none. */
export function connectionFailure(error: unknown): Failure | undefined {
  const code = errorCode(error);
  const known = FAILURES[code];
  if (known !== undefined) return known;
  const message = error instanceof Error ? error.message : '';
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ERR_SSL/.test(code))
    return { why: `its certificate is not trusted (${code})`, again: 'never' };
  if (/Proxy response|Proxy Authentication/.test(message))
    return { why: `the proxy refuses: ${message}`, again: 'never' };
  if (/redirect loop/i.test(message))
    return { why: 'it leads from one address to the next without end', again: 'never' };
  if (/^UND_ERR|^E[A-Z]+$|^HPE_/.test(code)) return { why: message, again: 'later' };
  return undefined;
}

/** The error of a server that cannot be reached. */
export function unreachable(
  url: string,
  target: string,
  file: string,
  { why }: Failure,
  manual: string | undefined,
): PullError {
  const { host } = new URL(url);
  const certificate = why.includes('certificate')
    ? '; behind a proxy that opens connections, NODE_EXTRA_CA_CERTS=proxy.pem'
    : '';
  const cure = [
    `connect to the network, or name your proxy in HTTPS_PROXY${certificate}, and run this again: it goes on where it stopped`,
    byHand(url, target, manual),
  ].join('\n  ');
  return new PullError('network', file, `cannot be fetched: ${host} cannot be reached, ${why}`, cure);
}

/** What a person can do. */
export function byHand(url: string, target: string, manual: string | undefined): string {
  const steps = `or by hand: download ${url} elsewhere, put it to ${target}, and run this again to check and unpack it`;
  return manual === undefined ? steps : `${steps}\n  ${manual.trim().replaceAll('\n', '\n  ')}`;
}
