// For tests: a made-up shop, and what inspection says of it.
import path from 'node:path';
import { DataError } from '@difsr/data';
import { onEngine, writeTexts } from '../prepare/prepare.test.support.js';
import type { GivenFiles } from './files.js';
import { type Inspection, inspectFiles, type InspectOptions } from './inspect.js';

export const USERS: readonly string[] = Array.from({ length: 40 }, (_, index) => `u${index}`);
export const ITEMS: readonly string[] = Array.from({ length: 30 }, (_, index) => `a${index}`);
/** Six interactions of each user, an hour between one row and the next. */
export const LOG: readonly { readonly user: string; readonly item: string; readonly seconds: number }[] = Array.from(
  { length: 240 },
  (_, row) => ({
    user: `u${row % 40}`,
    item: `a${(row * 7 + Math.floor(row / 40)) % 30}`,
    seconds: 1_600_000_200 + row * 3600,
  }),
);

export function csv(header: string, rows: readonly (readonly unknown[])[], delimiter = ','): string {
  return `${[header, ...rows.map((row) => row.join(delimiter))].join('\n')}\n`;
}

export function jsonl(rows: readonly unknown[]): string {
  return `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`;
}

export const CLICKS: string = csv(
  'user_id,item_id,timestamp',
  LOG.map(({ user, item, seconds }) => [user, item, seconds]),
);

export async function inspect(
  texts: Readonly<Record<string, string>>,
  files: GivenFiles,
  options: InspectOptions = {},
): Promise<Inspection & { readonly base: string }> {
  const base = await writeTexts(texts);
  const inside = (given: GivenFiles['items']): string | undefined =>
    typeof given === 'string' ? path.join(base, given) : undefined;
  const { interactions, items, users } = files;
  const input = { interactions: path.join(base, String(interactions)), items: inside(items), users: inside(users) };
  return { ...(await inspectFiles(input, { ...onEngine(), base, ...options })), base };
}

/** Columns that serve nothing, with the reason. */
export function unused({ findings }: Inspection): Record<string, string> {
  return Object.fromEntries(
    findings.columns.filter(({ role }) => role === 'unused').map(({ column, why }) => [column, why]),
  );
}

export async function failure(work: Promise<unknown>): Promise<DataError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DataError)) throw new Error(`no DataError: ${String(error)}`);
  return error;
}

/** One of three colours. */
export function colourOf(index: number): string {
  return ['red', 'green', 'blue'][index % 3] ?? '';
}
