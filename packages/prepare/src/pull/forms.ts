// Whether bytes are what a file's name says. Servers send login pages with the status "200 OK" and any name one asks for.
import { open } from 'node:fs/promises';

/** First bytes of a form, by the ending of the name. */
const FIRST: readonly (readonly [ending: RegExp, form: string, bytes: readonly number[]])[] = [
  [/\.(gz|tgz)$/i, 'gzip', [0x1f, 0x8b]],
  [/\.zip$/i, 'zip', [0x50, 0x4b]],
  [/\.7z$/i, '7-Zip', [0x37, 0x7a, 0xbc, 0xaf]],
  [/\.zst$/i, 'zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  [/\.parquet$/i, 'Parquet', [0x50, 0x41, 0x52, 0x31]],
];
const HEAD = 256;

/** What is wrong with the first bytes of a file (given, or read from a path) whose name should be `name`; begins with a verb. */
export async function formProblem(bytesOrPath: Uint8Array | string, name: string): Promise<string | undefined> {
  const bytes = typeof bytesOrPath === 'string' ? await headOf(bytesOrPath) : bytesOrPath.subarray(0, HEAD);
  const text = Buffer.from(bytes).toString('latin1').trimStart().toLowerCase();
  if (/^(<!doctype html|<html|<head|<\?xml[^>]*>\s*<!doctype html)/.test(text) && !/\.html?$/i.test(name))
    return 'is a web page, not the file';
  const known = FIRST.find(([ending]) => ending.test(name));
  if (known === undefined) return undefined;
  const [, form, first] = known;
  // A piece may be shorter than that; the whole file is looked at again.
  if (first.every((byte, at) => (bytes[at] ?? byte) === byte)) return undefined;
  return `is not ${form}, as its name says`;
}

async function headOf(file: string): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
