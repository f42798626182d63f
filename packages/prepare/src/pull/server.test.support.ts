// For tests: a real HTTP server on this machine that misbehaves as told, and what it was asked.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

/** Answers one request. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A running server. */
export interface TestServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly asked: readonly Asked[];
  /** Answers by path; a list answers the first request, the second, .. and its last one all that follow. */
  readonly answers: Map<string, Answer | Answer[]>;
  readonly server: Server;
  close(): Promise<void>;
}

/**
 * Bytes that a client has received when its connection is to break off. It is the client's test that breaks it then: what is under way when a connection
 * breaks is lost, how much depends on the moment.
 */
export const breakPoints: Set<number> = new Set();

/** Starts a server on a free port. */
export async function startServer(): Promise<TestServer> {
  breakPoints.clear();
  const asked: Asked[] = [];
  const answers = new Map<string, Answer | Answer[]>();
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    asked.push({ method, url, range: headers.range, ifRange: headers['if-range']?.toString() });
    const answer = answers.get(url);
    const next = Array.isArray(answer) ? (answer.length > 1 ? answer.shift() : answer[0]) : answer;
    if (next === undefined) response.writeHead(404).end('no such file');
    else next(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // It listens, so it has one.
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    asked,
    answers,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** How a file is served. */
export interface Serving {
  readonly etag?: string;
  readonly modified?: string;
  /** Sends so many bytes; the connection breaks off when the client has them (see {@link breakPoints}), at once where they are none. */
  readonly breakAfter?: number;
  /** What is announced, where that is a lie. */
  readonly announced?: number;
  /** Sends so many bytes and then nothing more, without ending. */
  readonly stallAfter?: number;
  readonly type?: string;
  /** Answers 200 whatever part is asked for. */
  readonly wholeAlways?: boolean;
}

/** Serves bytes as a good server does, Range and If-Range included, but for what is told. */
export function serve(bytes: Buffer, serving: Serving = {}): Answer {
  const {
    etag,
    modified,
    breakAfter,
    announced,
    stallAfter,
    type = 'application/octet-stream',
    wholeAlways = false,
  } = serving;
  return (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const ifRange = request.headers['if-range'];
    const partial =
      request.headers.range !== undefined &&
      !wholeAlways &&
      (ifRange === undefined || ifRange === etag || ifRange === modified);
    if (partial && start >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
      return;
    }
    const body = partial ? bytes.subarray(start) : bytes;
    response.writeHead(partial ? 206 : 200, {
      'content-type': type,
      'content-length': announced ?? body.length,
      ...(etag === undefined ? {} : { etag }),
      ...(modified === undefined ? {} : { 'last-modified': modified }),
      ...(partial ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    if (breakAfter === 0) {
      response.flushHeaders();
      setImmediate(() => response.destroy());
    } else if (breakAfter !== undefined) {
      breakPoints.add((partial ? start : 0) + breakAfter);
      response.write(body.subarray(0, breakAfter));
    } else if (stallAfter !== undefined) response.write(body.subarray(0, stallAfter));
    else response.end(body);
  };
}
