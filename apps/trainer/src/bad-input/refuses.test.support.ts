// Every bad input ends with one screen that names where, what and the cure, an exit code other than 0, and nothing half-written.
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  difsr,
  difsrProcess,
  ordinaryCaller,
  snapshot,
  TINY,
  trainedShop,
  type Ended,
} from '../command.test.support.js';

/** A bad input: what is put in place, what is typed, and what the message must name. */
export interface BadInput {
  readonly name: string;
  /** Makes the bad file; the folder holds `shop/` (recbole), `Clicks.*` (s3rec) and `run/` (a finished run on shop). */
  readonly arrange?: (folder: string) => Promise<unknown>;
  readonly args: readonly string[];
  readonly code: number;
  /** Parts of the message: file, line, value, cure. */
  readonly names: readonly (string | RegExp)[];
  /** Whether it takes a user whom permissions stop, which they do not for root. */
  readonly forbidden?: boolean;
}

/** What changes the folder before the command runs. */
export type Arrange = NonNullable<BadInput['arrange']>;

/** A training on the shop into the folder `new`. */
export const train = (...args: string[]): readonly string[] => [
  'train',
  '--data',
  'shop',
  '--epochs',
  '1',
  '--out',
  'new',
  ...TINY,
  ...args,
];

/** Puts a file in place. */
export const write =
  (file: string, text: string): Arrange =>
  (folder) =>
    writeFile(join(folder, file), text);

/** Changes a file. */
export const edit =
  (file: string, change: (text: string) => string): Arrange =>
  async (folder) =>
    writeFile(join(folder, file), change(await readFile(join(folder, file), 'utf8')));

/** Makes folders with data and a finished run; to be called once in a file of tests, outside of any. */
export function shops(): (arrange?: Arrange) => Promise<string> {
  const folders: string[] = [];
  afterAll(async () => {
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
  });
  return async (arrange) => {
    const folder = await trainedShop();
    folders.push(folder);
    await chmod(folder, 0o755); // open to whom a command may run as
    await arrange?.(folder);
    return folder;
  };
}

/** Tests that bad inputs are refused as they say. */
export function refuses(inputs: readonly BadInput[], shop: ReturnType<typeof shops>): void {
  describe('is refused:', () => {
    it.for(inputs)('$name', async ({ arrange, args, code: expected, names, forbidden = false }, { skip }) => {
      const folder = await shop(arrange);
      const caller = forbidden ? await ordinaryCaller(folder) : {};
      skip(
        caller === undefined,
        'needs permissions that hold: a user other than root who can read the clone, or setpriv; not on Windows',
      );
      const before = await snapshot(folder);
      const called = forbidden ? difsrProcess(args, { cwd: folder, ...caller }) : difsr(args, { cwd: folder });
      const { code, stderr }: Ended = await called;
      for (const part of names) expect(stderr).toMatch(part instanceof RegExp ? part : new RegExp(escaped(part)));
      expect(code).toBe(expected);
      expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+/m); // no stack trace
      expect(stderr).not.toContain('unexpected');
      expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(24);
      expect(await snapshot(folder)).toEqual(before);
    });
  });
}

/** A text as a pattern of itself. */
function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
