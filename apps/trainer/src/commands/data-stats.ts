// difsr data stats: what a data set holds and what should make one think, before anything is trained on it.
import { join } from 'node:path';
import type { LoadReport } from '@difsr/data';
import { codeOf } from '@difsr/errors';
import { importOptional } from '@difsr/errors/packages';
import { makeFolder, writeFileAtomic } from '@difsr/files';
import { statistics } from '@difsr/library';
import { resolveConfig, UsageError } from '@difsr/library/parts';
import type { Command } from 'commander';
import { exitCodes, type ExitCode } from '../errors.js';
import { asSet, assignments, collect, jsonOption, positiveInteger, type SharedOptions } from '../options.js';
import type * as Drawing from '../output/plots/index.js';
import { reportLines } from '../output/report.js';
import { type Described, fieldRows, findingLines, otherFieldRows, summaryRows } from '../output/statistics.js';
import { table } from '../output/table.js';
import { processTerminal, type Terminal } from '../output/terminal.js';

interface StatsOptions extends SharedOptions {
  readonly html?: string;
  readonly svg?: string;
  readonly memoryLimit?: string;
  readonly tempDirectory?: string;
}

/** Declares the command; `done` receives its exit code. */
export function addDataStats(program: Command, done: (code: ExitCode) => void): void {
  const group = program.commands.find((command) => command.name() === 'data');
  const command = (group ?? program.command('data').description('fetch, make, prepare and look at data sets'))
    .command('stats')
    .description('count and plot lengths, popularity, attributes, times, repeats, cold items and leakage')
    .argument('<path>', 'data set: a prepared folder, or whatever --data of difsr train takes')
    .option(
      '--format <form>',
      's3rec, recbole, prepared, generated, csv, jsonl, json, python, parquet or duckdb (default: inferred from the path)',
    )
    .option('--set <key=value>', 'an option of the configuration, e.g. data.userMin=5 (repeatable)', collect)
    .option('--html <file>', 'also write a page with charts, one file that needs nothing else (default: none)')
    .option('--svg <folder>', 'also write every chart as an SVG file (default: none)')
    .option(
      '--memory-limit <size>',
      'of a prepared folder: what counting may keep in memory, e.g. 4GB (default: half, at most 6GB)',
    )
    .option('--threads <n>', 'of a prepared folder: CPU threads (default: all cores)', positiveInteger)
    .option(
      '--temp-directory <folder>',
      "of a prepared folder: where to put what does not fit (default: the system's)",
    );
  jsonOption(command, 'the statistics as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ npx difsr data stats data/Beauty
  $ npx difsr data stats data/shop --html shop.html --svg plots
  $ npx difsr data stats data/clicks --set data.userMin=5 --set data.itemMin=5 --json`,
    )
    .action(async (path: string, options: StatsOptions) => done(await statsCommand(path, options)));
}

async function statsCommand(path: string, options: StatsOptions): Promise<ExitCode> {
  const terminal = processTerminal({ json: options.json === true });
  // First: who lacks what draws need not wait for the counting.
  const plots = options.html === undefined && options.svg === undefined ? undefined : await importPlots();
  const config = await resolveConfig({
    flags: assignments({ ...options, data: path }),
    set: options.set ?? [],
    shown: asSet,
  });
  const { memoryLimit, threads, tempDirectory } = options;
  const { report, ...described } = await statistics(config.data, { memoryLimit, threads, tempDirectory });
  const { statistics: counted, ...more } = described;
  terminal.value({ ...counted, ...more, report });
  showDescribed(terminal, described, report);
  const written =
    plots === undefined
      ? []
      : [
          ...(await writePage(plots, options.html, described, report)),
          ...(await writeCharts(plots, options.svg, described)),
        ];
  if (written.length > 0) terminal.line();
  for (const file of written) terminal.line(`written: ${file}`);
  return exitCodes.ok;
}

function showDescribed(terminal: Terminal, described: Described, report: LoadReport): void {
  for (const line of table(summaryRows(described), ['left', 'left'])) terminal.line(line);
  const fields = fieldRows(described);
  terminal.line(fields.length === 0 ? 'no side information' : '');
  const fieldAligns = ['left', 'left', 'right', 'right', 'left', 'left', 'right', 'right'] as const;
  for (const line of table(fields, fieldAligns)) terminal.line(line);
  const others = otherFieldRows(described);
  if (others.length > 0) terminal.line();
  for (const line of table(others, ['left', 'left', 'left', 'right', 'left'])) terminal.line(line);
  const findings = findingLines(described.findings);
  if (findings.length > 0) terminal.line();
  for (const { level, what, cure } of findings) {
    terminal.line(level === 'warning' ? terminal.style('yellow', what) : what);
    terminal.line(terminal.style('dim', cure));
  }
  if (report.length > 0) terminal.line();
  for (const line of reportLines(report)) terminal.line(terminal.style('dim', line));
}

type Plots = typeof Drawing;

/** What draws is large, and ECharts is installed by those who want drawings. @throws MissingPackageError */
function importPlots(): Promise<Plots> {
  return importOptional(() => import('../output/plots/index.js'), {
    packages: ['echarts'],
    use: 'drawing charts (--html, --svg)',
    from: import.meta.url,
  });
}

async function writePage(
  { renderPage, statisticsCharts }: Plots,
  file: string | undefined,
  described: Described,
  report: LoadReport,
): Promise<readonly string[]> {
  if (file === undefined) return [];
  const fields = fieldRows(described);
  const others = otherFieldRows(described);
  const page = renderPage({
    title: described.statistics.name,
    findings: described.findings,
    tables: [
      { title: 'In numbers', headed: false, rows: summaryRows(described) },
      ...(fields.length === 0 ? [] : [{ title: 'Side information', headed: true, rows: fields }]),
      ...(others.length === 0 ? [] : [{ title: 'Other fields', headed: true, rows: others }]),
    ],
    charts: statisticsCharts(described.analysis),
    report: reportLines(report),
  });
  await writeFileAtomic(file, page);
  return [file];
}

async function writeCharts(
  { renderChart, statisticsCharts }: Plots,
  folder: string | undefined,
  { analysis }: Described,
): Promise<readonly string[]> {
  if (folder === undefined) return [];
  await makeFolder(folder).catch((error: unknown) => {
    throw new UsageError(
      `--svg ${folder}: cannot be made (${codeOf(error) ?? String(error)})`,
      'name a folder that can be written',
    );
  });
  const files: string[] = [];
  for (const chart of statisticsCharts(analysis)) {
    const file = join(folder, `${chart.name}.svg`);
    await writeFileAtomic(file, `${renderChart(chart, 'file')}\n`);
    files.push(file);
  }
  return files;
}
