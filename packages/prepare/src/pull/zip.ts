// Zip archives: the directory at the end is judged whole before a byte is unpacked.
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { type Entry, getFileNameLowLevel, openPromise } from 'yauzl';
import { broken, type MemberKind, refused, type Unpacking } from './gate.js';
import { needRoom } from './room.js';

const UNIX = 3;
const KINDS: Readonly<Record<number, MemberKind>> = {
  0: 'file',
  0o100000: 'file',
  0o040000: 'folder',
  0o120000: 'link',
};

/** Unpacks the wanted members of a zip. */
export async function unpackZip({ archive, gate, signal, place }: Unpacking): Promise<void> {
  // Names are decoded and judged here: yauzl would turn backslashes into folders.
  const zip = await openPromise(archive, { lazyEntries: true, autoClose: false, decodeStrings: false });
  try {
    const chosen: { readonly entry: Entry; readonly name: string }[] = [];
    let bytes = 0;
    for await (const entry of zip.eachEntry()) {
      signal?.throwIfAborted();
      const name = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
      if (entry.isEncrypted()) throw refused(gate.file, 'holds an encrypted member', name);
      const wanted = gate.member(name, kindOf(entry, name));
      if (wanted === undefined) continue;
      if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8)
        throw refused(
          gate.file,
          `holds a member packed by method ${entry.compressionMethod}, which is not read here`,
          name,
        );
      gate.expect((bytes += entry.uncompressedSize));
      chosen.push({ entry, name: wanted });
    }
    if (chosen.length > 0) await needRoom(path.dirname(archive), bytes, gate.file);
    for (const { entry, name } of chosen) {
      let sum = 0;
      const watch = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          try {
            sum = crc32(chunk, sum);
            gate.count(chunk.length);
            done(null, chunk);
          } catch (error) {
            done(error instanceof Error ? error : new Error(String(error)));
          }
        },
      });
      const target = createWriteStream(await place(name), { flags: 'wx' });
      await pipeline(await zip.openReadStreamPromise(entry), watch, target, { signal });
      if (sum !== entry.crc32) throw broken(gate.file, new Error(`the checksum of ${name} does not fit`));
    }
  } finally {
    zip.close();
  }
}

function kindOf(entry: Entry, name: string): MemberKind {
  if (name.endsWith('/')) return 'folder';
  if (entry.versionMadeBy >> 8 !== UNIX) return 'file';
  return KINDS[(entry.externalFileAttributes >>> 16) & 0o170000] ?? 'device';
}
