// A server with a port: it listens, and when it is told to end it answers what has come, and then closes what it holds.
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { UsageError } from '@difsr/library';
import { codeOf } from '@difsr/errors';
import { reasonOf } from './errors.js';
import { createServer, type Server, type ServerOptions } from './server.js';

/** A server that listens. */
export interface Listening extends AsyncDisposable {
  /** `http://127.0.0.1:3000` */
  readonly address: string;
  readonly port: number;
  readonly server: Server;
  /** Takes no more connections, answers the requests that have come, closes models and store. */
  close(): Promise<void>;
}

/** Milliseconds between two looks for connections that have nothing to do any more. */
const LOOK = 50;

/**
 * Opens a server and listens on `config.host` and `config.port`.
 *
 * @throws what `createServer` throws; UsageError where the port cannot be listened on
 * @example
 * ```ts
 * const { address, close } = await serve({ models: 'versions', config: { port: 8080 } });
 * process.once('SIGTERM', () => void close());
 * ```
 */
export async function serve(options: ServerOptions): Promise<Listening> {
  const server = await createServer(options);
  const { host, port: wanted, shutdown } = server.config;
  const http = createHttpServer(getRequestListener(server.app.fetch));
  try {
    await listen(http, host, wanted);
  } catch (error) {
    await server.close();
    throw new UsageError({
      option: 'port',
      what: `cannot listen on ${host}:${wanted} (${codeOf(error) ?? reasonOf(error)})`,
      cure: 'choose another port or host',
    });
  }
  const { port } = http.address() as AddressInfo; // of a port, not of a pipe
  const address = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  server.logger.info({ address, model: server.models.current, store: server.store.kind }, 'listening');
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closeAll(http, server, shutdown));
  return { address, port, server, close, [Symbol.asyncDispose]: close };
}

function listen(http: HttpServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, () => {
      http.off('error', reject);
      resolve();
    });
  });
}

async function closeAll(http: HttpServer, server: Server, shutdown: number): Promise<void> {
  server.end();
  server.logger.info({}, 'ending');
  const closed = new Promise<void>((resolve) => http.close(() => resolve()));
  // Connections that wait for another request would never close by themselves.
  const idle = setInterval(() => http.closeIdleConnections(), LOOK);
  const late = setTimeout(() => {
    server.logger.warn({ seconds: shutdown }, 'requests under way are given up');
    http.closeAllConnections();
  }, shutdown * 1000);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
  await server.close();
  server.logger.info({}, 'ended');
}
