// pulled.json beside the files: what was downloaded, and its SHA-256 as seen then. The publishers of most data sets state no checksum: then this is what
// tells, next time, that a file is still the same.
import { writeFileAtomic } from '@difsr/files';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

/** The name of the record. */
export const RECORD_FILE = 'pulled.json';

/** pulled.json. */
export interface PullRecord {
  readonly version: 1;
  readonly files: Readonly<Record<string, PulledRecord>>;
}

/** What is known of one file. */
export interface PulledRecord {
  readonly url: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Unpacked members and their bytes. */
  readonly members?: Readonly<Record<string, number>> | undefined;
}

const recordSchema: z.ZodType<PullRecord> = z.object({
  version: z.literal(1),
  files: z.record(
    z.string(),
    z.object({
      url: z.string(),
      bytes: z.number(),
      sha256: z.string(),
      members: z.record(z.string(), z.number()).optional(),
    }),
  ),
});

/** The record of a folder; an empty one where there is none that can be read. */
export async function readRecord(folder: string): Promise<PullRecord> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(path.join(folder, RECORD_FILE), 'utf8')));
  } catch {
    return { version: 1, files: {} };
  }
}

/** Replaces the record, whole. */
export async function writeRecord(folder: string, record: PullRecord): Promise<void> {
  await writeFileAtomic(path.join(folder, RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`);
}
