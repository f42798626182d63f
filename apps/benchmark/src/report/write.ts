// Report files: each is whole or absent, whatever happens while it is written.
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, writeError, writeFileAtomic } from '@difsr/files';
import { ReportError } from '../errors.js';
import { renderMarkdown } from './markdown.js';
import type { AttentionReport } from './result.js';

/**
 * Writes `attention.json`, `attention.md` and charts into a folder, which is made where it is missing.
 *
 * @returns paths of the files
 * @throws ReportError that names the file.
 */
export async function writeReport(folder: string, report: AttentionReport): Promise<string[]> {
  const { renderCharts } = await import('./charts.js'); // ECharts takes long to load
  const charts = renderCharts(report);
  const files = new Map<string, string>([
    ...charts.map(({ file, svg }): [string, string] => [file, svg]),
    ['attention.md', renderMarkdown(report, charts)],
    ['attention.json', `${JSON.stringify(report, undefined, 2)}\n`],
  ]);
  const paths: string[] = [];
  for (const [name, text] of files) {
    const path = join(folder, name);
    try {
      await makeFolder(folder);
      await writeFileAtomic(path, text);
    } catch (error) {
      throw reportError(path, error);
    }
    paths.push(path);
  }
  return paths;
}

/**
 * Sees whether the folder of a report, where one is named, can be made and written to: told before a quarter of an hour of
 * measuring, not after it.
 *
 * @throws ReportError that names the folder.
 */
export async function prepareReport(folder: string | undefined): Promise<void> {
  if (folder === undefined) return;
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    throw reportError(folder, error);
  }
}

function reportError(path: string, cause: unknown): ReportError {
  const { faults } = writeError(path, cause);
  return new ReportError(
    faults.map((fault) => ({ ...fault, cure: 'name another folder with --out' })),
    { cause },
  );
}
