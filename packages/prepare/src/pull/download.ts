// Downloads one file: into FILE.part, going on where an earlier try stopped, checked, flushed, and only then renamed.
import { flushFile, writeFileAtomic } from '@difsr/files';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Dispatcher, request } from 'undici';
import { z } from 'zod';
import type { PullSpec } from '../description/types.js';
import { byHand, connectionFailure, unreachable } from './connection.js';
import { diskError, PullError } from './errors.js';
import { type PullProgress, Speed } from './events.js';
import { formProblem } from './forms.js';
import { needRoom } from './room.js';

/** How one file is downloaded. */
export interface DownloadOptions {
  readonly spec: PullSpec;
  /** Its name in the folder. */
  readonly file: string;
  readonly target: string;
  readonly manual: string | undefined;
  readonly connection: Dispatcher;
  /** Further tries, counted anew whenever something arrived. */
  readonly retries: number;
  /** Wait before the second try in milliseconds; doubles each time, up to half a minute. */
  readonly firstWait: number;
  readonly signal: AbortSignal | undefined;
  readonly progress: PullProgress;
}

/** The checksums of a file. */
export interface Checksums {
  readonly bytes: number;
  readonly sha256: string;
  readonly md5: string;
}

/** What is known of a part, beside it: without it nobody could tell whether the server still has the same file. */
const noteSchema = z.object({
  url: z.string(),
  /** A strong ETag or a date, for If-Range. */
  validator: z.string().optional(),
  total: z.number().optional(),
});
type Note = z.infer<typeof noteSchema>;

const LONGEST_WAIT = 30_000;
const AGENT = 'difsr-data (https://github.com/difsr/difsr)';

/** Downloads a file that is not there. @throws PullError; what was received stays in `.part` where going on makes sense */
export async function download(options: DownloadOptions): Promise<Checksums> {
  const { spec, file, target, signal, progress } = options;
  const part = `${target}.part`;
  const note = `${part}.json`;
  let resumed = await receive(options, part, note);
  for (;;) {
    progress({ kind: 'verify', file });
    const sums = await checksums(part, signal);
    const problem = sumProblem(spec, sums) ?? (await formProblem(part, file));
    if (problem === undefined) {
      await flushFile(part);
      await rename(part, target);
      await rm(note, { force: true });
      return sums;
    }
    await rm(part, { force: true });
    await rm(note, { force: true });
    // A file put together from two tries may be wrong for that reason alone.
    if (!resumed) throw wrongBytes(options, problem);
    resumed = await receive(options, part, note);
  }
}

/** SHA-256 and MD5 of a file. */
export async function checksums(file: string, signal?: AbortSignal): Promise<Checksums> {
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  let bytes = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20, signal })) {
    if (!(chunk instanceof Buffer)) continue;
    sha256.update(chunk);
    md5.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: sha256.digest('hex'), md5: md5.digest('hex') };
}

/** Why a file is not the publisher's. */
export function sumProblem(spec: PullSpec, { bytes, sha256, md5 }: Checksums): string | undefined {
  if (spec.bytes !== undefined && bytes !== spec.bytes)
    return `has ${bytes} bytes, and the publisher's has ${spec.bytes}`;
  if (spec.sha256 !== undefined && sha256 !== spec.sha256.toLowerCase())
    return `has SHA-256 ${sha256}, and the publisher's has ${spec.sha256}`;
  if (spec.md5 !== undefined && md5 !== spec.md5.toLowerCase())
    return `has MD5 ${md5}, and the publisher's has ${spec.md5}`;
  return undefined;
}

function wrongBytes({ spec, file, target, manual }: DownloadOptions, problem: string): PullError {
  const what = `what ${new URL(spec.url).host} sent ${problem}`;
  const cure = `try again later: the file may have been damaged on the way; if it stays so the publisher has changed it (${spec.url})\n  ${byHand(spec.url, target, manual)}`;
  return new PullError('checksum', file, what, cure);
}

/** Fills the part to its end, over as many connections as it takes. Gives whether it began with an earlier try. */
async function receive(options: DownloadOptions, part: string, note: string): Promise<boolean> {
  const { spec, file, target, manual, retries, firstWait, signal, progress } = options;
  const begun = await sizeOf(part);
  let resumed = begun > 0;
  let failures = 0;
  let anything = false;
  for (;;) {
    const before = await sizeOf(part);
    try {
      const { restarted } = await receiveOnce(options, part, note);
      return resumed && !restarted;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof PullError) throw error;
      const disk = diskError(error, file);
      if (disk !== undefined) throw disk;
      const failure = error instanceof Interrupted ? error.failure : connectionFailure(error);
      if (failure === undefined) throw error;
      const grown = (await sizeOf(part)) > before;
      anything ||= grown;
      resumed ||= grown;
      failures = grown ? 1 : failures + 1;
      // Without a network nobody wants to wait half a minute to hear of it.
      if (failure.again === 'never' || failures > retries || (failure.again === 'offline' && !anything))
        throw error instanceof Interrupted && error.status !== undefined
          ? answered(error.status, options)
          : unreachable(spec.url, target, file, failure, manual);
      const wait = Math.min(
        LONGEST_WAIT,
        error instanceof Interrupted && error.wait !== undefined ? error.wait : firstWait * 2 ** (failures - 1),
      );
      progress({ kind: 'retry', file, reason: failure.why, wait });
      await sleep(wait, undefined, { signal });
    }
  }
}

/** A try that ended too early in a way that undici does not call an error. */
class Interrupted extends Error {
  readonly failure: { readonly why: string; readonly again: 'later' };
  readonly wait: number | undefined;
  readonly status: number | undefined;

  constructor(why: string, status?: number, wait?: number) {
    super(why);
    this.failure = { why, again: 'later' };
    this.status = status;
    this.wait = wait;
  }
}

async function receiveOnce(
  options: DownloadOptions,
  part: string,
  note: string,
): Promise<{ readonly restarted: boolean }> {
  const { spec, file, connection, signal, progress } = options;
  const known = await readNote(note, spec.url);
  const there = known === undefined ? 0 : await sizeOf(part);
  if (there > 0 && known?.total === there) return { restarted: false };
  // Without a validator the server's file may be another one by now; only a checksum would tell.
  const goesOn = there > 0 && (known?.validator !== undefined || spec.sha256 !== undefined || spec.md5 !== undefined);
  const response = await request(spec.url, {
    dispatcher: connection,
    signal,
    headers: {
      'user-agent': AGENT,
      'accept-encoding': 'identity',
      ...(goesOn ? { range: `bytes=${there}-` } : {}),
      ...(goesOn && known?.validator !== undefined ? { 'if-range': known.validator } : {}),
    },
  });
  const { statusCode: status, headers, body } = response;
  const header = (name: string): string | undefined => [headers[name]].flat()[0];
  let from = 0;
  let total = lengthOf(header('content-length'));
  if (status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header('content-range') ?? '');
    from = Number(range?.[1] ?? -1);
    total = lengthOf(range?.[2]);
    if (!goesOn || from !== there || (known?.total !== undefined && total !== known.total)) {
      await drop(body);
      await rm(note, { force: true });
      throw new Interrupted('it sent another part than the one that was asked for');
    }
  } else if (status === 416) {
    await drop(body);
    await rm(note, { force: true });
    throw new Interrupted('the file there is shorter now');
  } else if (status !== 200) {
    await drop(body);
    if (status === 408 || status === 425 || status === 429 || status >= 500)
      throw new Interrupted(`it answers ${status}`, status, waitOf(header('retry-after')));
    throw answered(status, options);
  }
  const handle = await open(part, from > 0 ? 'r+' : 'w');
  try {
    if (from === 0) {
      const validator = validatorOf(header('etag'), header('last-modified'));
      const fresh: Note = {
        url: spec.url,
        ...(validator === undefined ? {} : { validator }),
        ...(total === undefined ? {} : { total }),
      };
      await writeFileAtomic(note, JSON.stringify(fresh));
    }
    if (total !== undefined) await needRoom(path.dirname(part), total - from, file);
    const received = await write(handle, body, from, total, options);
    if (total !== undefined && received < total) throw new Interrupted('the connection broke off');
    if (total !== undefined && received > total) throw new Interrupted('it sent more than it announced');
  } finally {
    await handle.close();
    body.destroy();
  }
  progress({
    kind: 'bytes',
    file,
    received: await sizeOf(part),
    ...(total === undefined ? {} : { total }),
    bytesPerSecond: 0,
  });
  return { restarted: from === 0 && there > 0 };
}

async function write(
  handle: FileHandle,
  body: AsyncIterable<Buffer>,
  from: number,
  total: number | undefined,
  { spec, file, target, manual, signal, progress }: DownloadOptions,
): Promise<number> {
  const speed = new Speed();
  let received = from;
  for await (const chunk of body) {
    signal?.throwIfAborted();
    if (received === 0) {
      const problem = await formProblem(chunk, file);
      if (problem !== undefined)
        throw new PullError(
          problem.startsWith('is a web page') ? 'page' : 'form',
          file,
          `what ${new URL(spec.url).host} sent ${problem}`,
          `open ${spec.url} in a browser: it may ask for a login or for your consent, or have moved\n  ${byHand(spec.url, target, manual)}`,
        );
    }
    // At its place, not at the end: the file may be longer where an earlier try was cut off by a crash.
    await handle.write(chunk, 0, chunk.length, received);
    received += chunk.length;
    const bytesPerSecond = speed.add(chunk.length);
    progress({
      kind: 'bytes',
      file,
      received,
      bytesPerSecond,
      ...(total === undefined ? {} : { total }),
      ...(total === undefined || bytesPerSecond <= 0 ? {} : { secondsLeft: (total - received) / bytesPerSecond }),
    });
  }
  return received;
}

function answered(status: number, { spec, file, target, manual }: DownloadOptions): PullError {
  const { host } = new URL(spec.url);
  const hand = byHand(spec.url, target, manual);
  if (status === 401 || status === 403)
    return new PullError(
      'forbidden',
      file,
      `${host} wants a login or does not give it to you (${status})`,
      `open ${spec.url} in a browser and look what it asks for\n  ${hand}`,
    );
  if (status === 407)
    return new PullError(
      'forbidden',
      file,
      'the proxy wants a login (407)',
      'name user and password in HTTPS_PROXY=http://user:password@host:port',
    );
  if (status === 404 || status === 410)
    return new PullError(
      'not-found',
      file,
      `${host} has no such file any more (${status}): ${spec.url}`,
      `look for its new place at the publisher's page\n  ${hand}`,
    );
  return new PullError('http', file, `${host} answers ${status} to ${spec.url}`, `try again later\n  ${hand}`);
}

async function readNote(note: string, url: string): Promise<Note | undefined> {
  try {
    const read = noteSchema.parse(JSON.parse(await readFile(note, 'utf8')));
    return read.url === url ? read : undefined;
  } catch {
    return undefined;
  }
}

/** What If-Range may carry: a strong ETag, else the date. */
function validatorOf(etag: string | undefined, modified: string | undefined): string | undefined {
  return etag !== undefined && !etag.startsWith('W/') ? etag : modified;
}

function lengthOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function waitOf(retryAfter: string | undefined): number | undefined {
  return retryAfter !== undefined && /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : undefined;
}

async function drop(body: { dump(): Promise<void> }): Promise<void> {
  await body.dump().catch(() => undefined);
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
