// Report files: each is whole or absent, whatever happens while it is written.
import { access, constants, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
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
  const { renderCharts } = await import('./charts.js'); // large: --help and errors need none
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
      await makeFolder(resolve(folder));
      await writeWhole(path, text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ReportError(`${path} cannot be written: ${reason}\n  cure: name another folder with --out`, {
        cause: error,
      });
    }
    paths.push(path);
  }
  return paths;
}

/**
 * Makes the folder of a report and sees whether it takes files: told before a quarter of an hour of measuring, not after it.
 *
 * @throws ReportError that names the folder.
 */
export async function prepareFolder(folder: string): Promise<void> {
  try {
    await makeFolder(resolve(folder));
    await access(folder, constants.W_OK);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ReportError(`${folder} cannot be written: ${reason}\n  cure: name another folder with --out`, {
      cause: error,
    });
  }
}

/** Node's recursive mkdir never ends where a parent exists and takes no folder (below /proc, in a removed working folder). */
async function makeFolder(folder: string): Promise<void> {
  if ((await stat(folder).catch(() => undefined))?.isDirectory() === true) return;
  if (dirname(folder) !== folder) await makeFolder(dirname(folder));
  await mkdir(folder);
}

async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
