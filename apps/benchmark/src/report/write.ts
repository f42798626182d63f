// Report files: each is whole or absent, whatever happens while it is written.
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, writeError, writeFileAtomic } from '@difsr/files';
import { toHtml, toMarkdown } from '@difsr/library/parts';
import type { Comparison } from '../compare/compare.js';
import { ReportError } from '../errors.js';
import type { BenchmarkResult } from '../measure/result.js';
import { attentionHtml } from './attention-html.js';
import { renderMarkdown } from './markdown.js';
import { resultDocument } from './result-document.js';
import type { AttentionReport } from './result.js';

/**
 * Writes `result.json`, `report.md`, `report.html` and charts into a folder, which is made where it is missing.
 *
 * @returns paths of the files
 * @throws ReportError that names the file.
 */
export async function writeReport(folder: string, report: AttentionReport): Promise<string[]> {
  const { renderCharts } = await import('./charts.js'); // ECharts takes long to load
  const charts = renderCharts(report);
  const markdown = renderMarkdown(report, charts);
  return writeFiles(folder, [
    ...charts.map(({ file, svg }): [string, string] => [file, svg]),
    ['report.md', markdown],
    ['report.html', attentionHtml(report, charts)],
    ['result.json', json(report)],
  ]);
}

/**
 * Writes `result.json`, `report.md` and `report.html`, and `comparison.json` where there is one, into a folder, which is made where it is missing.
 *
 * @returns paths of the files
 * @throws ReportError that names the file.
 */
export function writeResult(
  folder: string,
  result: BenchmarkResult,
  comparison: Comparison | undefined,
): Promise<string[]> {
  const document = resultDocument(result, comparison);
  return writeFiles(folder, [
    ['result.json', json(result)],
    ...(comparison === undefined ? [] : [['comparison.json', json(comparison)] as const]),
    ['report.md', toMarkdown(document)],
    ['report.html', toHtml(document)],
  ]);
}

const json = (value: object): string => `${JSON.stringify(value, undefined, 2)}\n`;

async function writeFiles(folder: string, files: readonly (readonly [string, string])[]): Promise<string[]> {
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
