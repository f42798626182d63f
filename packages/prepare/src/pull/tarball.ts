// Tar archives packed with gzip: read once from end to end, as they have no directory.
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import type { MemberKind, Unpacking } from './gate.js';

const KINDS: Readonly<Record<string, MemberKind>> = {
  File: 'file',
  OldFile: 'file',
  ContiguousFile: 'file',
  Directory: 'folder',
  GNUDumpDir: 'folder',
  SymbolicLink: 'link',
  Link: 'link',
};

/** Unpacks the wanted members of a tar.gz. */
export async function unpackTar({ archive, gate, signal, place }: Unpacking): Promise<void> {
  // The first failure ends everything: reading, the parser that waits for a member to be written, and the writing.
  const stop = new AbortController();
  const stopped = signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]);
  const failed = new Promise<never>((_, reject) => {
    stopped.addEventListener('abort', () => reject(asError(stopped.reason)));
  });
  // It is awaited below; until then a failure must not end the process.
  failed.catch(() => undefined);
  const writes: Promise<void>[] = [];
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry: ReadEntry) => {
      try {
        const wanted = stopped.aborted ? undefined : gate.member(entry.path, KINDS[entry.type] ?? 'device');
        if (wanted === undefined) entry.resume();
        else writes.push(written(entry, place(wanted), stopped).catch((error: unknown) => stop.abort(error)));
      } catch (error) {
        stop.abort(error);
        entry.resume();
      }
    },
  });
  const ended = new Promise<void>((resolve) => {
    parser.on('end', () => resolve());
    parser.on('error', (error) => stop.abort(error));
  });
  try {
    await pipeline(
      createReadStream(archive, { highWaterMark: 1 << 20 }),
      createGunzip({ chunkSize: 1 << 18 }),
      async (bytes: AsyncIterable<Buffer>) => {
        for await (const chunk of bytes) {
          try {
            gate.count(chunk.length);
          } catch (error) {
            stop.abort(error);
          }
          stopped.throwIfAborted();
          if (!parser.write(chunk)) await Promise.race([drained(parser), failed]);
          stopped.throwIfAborted();
        }
        parser.end();
        await Promise.race([ended, failed]);
      },
      { signal: stopped },
    );
    await Promise.race([Promise.all(writes), failed]);
    stopped.throwIfAborted();
  } catch (error) {
    // What a stream says when it is stopped is not why it was.
    stop.abort(error);
    await Promise.allSettled(writes);
    throw asError(stopped.reason);
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

async function written(entry: ReadEntry, place: Promise<string>, signal: AbortSignal): Promise<void> {
  const target = createWriteStream(await place, { flags: 'wx' });
  await pipeline(entry, target, { signal });
}

function drained(parser: Parser): Promise<void> {
  return new Promise((resolve) => {
    parser.once('drain', resolve);
  });
}
