// difsr analyze: what runs have learned, as a page, as JSON and in short.
import { dirname, join } from 'node:path';
import { makeFolder, writeFileAtomic } from '@difsr/files';
import { analysisHtml, analyze, type Analysis, type RunAnalysis } from '@difsr/library';
import { isAvailable, ownModelOf, shownMetrics } from '@difsr/library/parts';
import { openRun } from '@difsr/training';
import { Option, type Command } from 'commander';
import { exitCodes, type ExitCode } from '../errors.js';
import { historyOf, userOf } from '../history.js';
import { backendOptions, jsonOption, ownModel, positiveInteger, type SharedOptions } from '../options.js';
import { metric, metricTitle, table, whole } from '../output/table.js';
import { processTerminal, type Terminal } from '../output/terminal.js';

interface AnalyzeCommandOptions extends SharedOptions {
  readonly user?: string;
  readonly history?: string;
  readonly about?: string;
  readonly length?: number;
  readonly histories?: number;
  readonly batches?: number;
  readonly protocol?: 'unmasked' | 'masked';
  readonly html?: string;
}

/** Declares the command; `done` receives its exit code. */
export function addAnalyze(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('analyze')
    .description('look into runs: rank of attention, attention maps, gradients by source, results by group')
    .argument('<runs...>', 'run folders; several stand side by side')
    .option('--user <token>', 'the user of the data whose attention is shown (default: nobody)')
    .option(
      '--history <ids>',
      'instead of a user: item ids, oldest first, or a JSON list of ids or events (default: that of --user)',
    )
    .option(
      '--about <json>',
      'with --history: what is known of the user, of a model that reads fields of users (default: nothing)',
    )
    .option('--length <n>', 'ranks are of histories of at least so many items (default: 50)', positiveInteger)
    .option('--histories <n>', 'of more histories, so many are chosen evenly (default: 200)', positiveInteger)
    .option('--batches <n>', 'training batches that gradients are of (default: 8)', positiveInteger)
    .addOption(
      new Option(
        '--protocol <name>',
        'results by group with all items ranked, or without those of the history (default: as each run was evaluated)',
      ).choices(['unmasked', 'masked']),
    )
    .option('--data <path>', 'where the same data set is now, if it was moved (default: where it was)')
    .option(
      '--html <file>',
      'the page, one file that needs nothing else, with the JSON beside it (default: analysis.html in the first run folder)',
    );
  backendOptions(command);
  ownModel(command);
  jsonOption(command, 'the analysis as JSON on stdout, too')
    .addHelpText(
      'after',
      `
Nothing is trained. Results by group come from RUN/ranks.parquet, which train and evaluate write.

Examples:
  $ npx difsr analyze runs/clicks
  $ npx difsr analyze runs/sasrecf runs/nova runs/dif-sr --html rank.html
  $ npx difsr analyze runs/clicks --user user-7
  $ npx difsr analyze runs/clicks --history "B004 B017 B233" --json`,
    )
    .action(async (runs: readonly string[], options: AnalyzeCommandOptions) =>
      done(await analyzeCommand(runs, options)),
    );
}

async function analyzeCommand(
  runs: readonly string[],
  { json = false, history, about, html, ...options }: AnalyzeCommandOptions,
): Promise<ExitCode> {
  const terminal = processTerminal({ json });
  const { user, length, histories, batches, protocol, data, model, backend, device, threads, precision } = options;
  const [first = ''] = runs;
  const known = history === undefined ? new Set<string>() : await itemsOf(first, model);
  const found = await analyze(runs, {
    user,
    ...(history === undefined ? {} : { history: historyOf(history, known) }),
    ...(about === undefined ? {} : { about: userOf(about) }),
    length,
    histories,
    batches,
    protocol,
    data,
    model,
    backend,
    device,
    threads,
    precision,
    onStep: ({ run, what }) => terminal.line(terminal.style('dim', `${run}: ${what}`)),
  });
  const page = html ?? join(first, 'analysis.html');
  const beside = `${page.replace(/\.html?$/i, '')}.json`;
  await makeFolder(dirname(page));
  await writeFileAtomic(page, analysisHtml(found));
  await writeFileAtomic(beside, `${JSON.stringify(found)}\n`);
  terminal.value(found);
  for (const note of found.notes) terminal.warn(note);
  showAnalysis(terminal, found);
  terminal.line();
  for (const file of [page, beside]) terminal.line(`written: ${file}`);
  return exitCodes.ok;
}

async function itemsOf(run: string, model: string | undefined): Promise<ReadonlySet<string>> {
  const { items } = await openRun(run, await ownModelOf(model));
  return new Set(items.tokens);
}

function showAnalysis(terminal: Terminal, { runs }: Analysis): void {
  terminal.line();
  showRanks(terminal, runs);
  showGradients(terminal, runs);
  showGroups(terminal, runs);
  for (const { run, maps } of runs)
    if (maps !== undefined && isAvailable(maps)) {
      if (maps.unknown.length > 0)
        terminal.warn(`not among the items of ${run} and ignored: ${maps.unknown.join(', ')}`);
      for (const note of maps.notes) terminal.line(note);
      terminal.line(`attention maps of ${run}: ${maps.history.length} places, on the page`);
    } else if (maps !== undefined) terminal.line(`${run}: ${maps.unavailable}`);
}

function showRanks(terminal: Terminal, runs: readonly RunAnalysis[]): void {
  terminal.line(
    terminal.style('bold', 'rank of attention scores before mask and softmax, mean over heads and histories'),
  );
  const rows = runs.flatMap(({ run, model, rank }) =>
    isAvailable(rank)
      ? [
          [
            model,
            run,
            rank.mean.rank.toFixed(1),
            rank.mean.rank64.toFixed(1),
            rank.mean.effective.toFixed(2),
            String(rank.length),
            rank.histories === rank.eligible
              ? whole(rank.histories)
              : `${whole(rank.histories)} of ${whole(rank.eligible)}`,
          ],
        ]
      : [],
  );
  if (rows.length > 0)
    show(terminal, [['model', 'run', 'rank (float32)', 'rank (float64)', 'effective', 'n', 'histories'], ...rows], 2);
  for (const { run, rank } of runs)
    if (!isAvailable(rank)) terminal.line(`${run}: ${rank.unavailable}`);
    else for (const note of rank.notes) terminal.line(`${run}: ${note}`);
  terminal.line();
}

function showGradients(terminal: Terminal, runs: readonly RunAnalysis[]): void {
  terminal.line(terminal.style('bold', 'gradient of the training loss at the places of sequences, by source'));
  const rows = runs.flatMap(({ model, gradients }) =>
    isAvailable(gradients)
      ? gradients.sources.map(({ source, magnitude, toItem }) => [
          model,
          source,
          magnitude.toPrecision(3),
          toItem === undefined ? '-' : toItem.difference.toPrecision(3),
          toItem === undefined ? '-' : toItem.cosine.toFixed(3),
        ])
      : [],
  );
  if (rows.length > 0) show(terminal, [['model', 'source', 'magnitude', 'apart from item', 'cosine'], ...rows], 2);
  for (const { run, gradients } of runs) if (!isAvailable(gradients)) terminal.line(`${run}: ${gradients.unavailable}`);
  terminal.line();
}

function showGroups(terminal: Terminal, runs: readonly RunAnalysis[]): void {
  for (const { run, model, groups } of runs) {
    if (!isAvailable(groups)) {
      terminal.line(`${run}: ${groups.unavailable}`);
      continue;
    }
    const names = shownMetrics(groups.all.metrics);
    const rows = (title: string, own: typeof groups.length): string[][] =>
      own.map((group, at) => [
        at === 0 ? title : '',
        group.name,
        whole(group.targets),
        ...names.map((name) => metric(group.metrics[name])),
      ]);
    terminal.line(terminal.style('bold', `${model} by group, ${groups.part} targets, ${groups.protocol}`));
    show(
      terminal,
      [
        ['', '', 'targets', ...names.map(metricTitle)],
        ...rows('items of the history', groups.length),
        ...rows('training interactions of the target', groups.popularity),
        ...rows('all', [{ ...groups.all, name: '' }]),
      ],
      2,
    );
  }
}

/** A table whose first columns are words, the others numbers. */
function show(terminal: Terminal, rows: readonly (readonly string[])[], words: number): void {
  const aligns = (rows[0] ?? []).map((_, column) => (column < words ? 'left' : 'right'));
  for (const line of table(rows, aligns)) terminal.line(line);
}
