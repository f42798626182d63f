// difsr quickstart: DIF-SR and SASRec on the generated data, side by side, and recommendations with names.
import { sequenceAt, type Dataset } from '@difsr/data';
import { openRecommender } from '@difsr/library';
import {
  loadFiles,
  nextFreeFolder,
  resolveRun,
  summaryOf,
  trainResolved,
  type ResolvedRun,
} from '@difsr/library/parts';
import type { Metrics, RunMetrics, TrainOutcome } from '@difsr/training';
import type { Command } from 'commander';
import { showData } from '../output/data.js';
import { commandLine } from '../command-line.js';
import { exitCodes, type ExitCode } from '../errors.js';
import { asSet, assignments, backendOptions, type SharedOptions } from '../options.js';
import { protocolLines, showWarning, unlearned } from '../output/results.js';
import { metricsTable, seconds } from '../output/table.js';
import { processTerminal, type Terminal } from '../output/terminal.js';
import { showRecommendations } from './recommend.js';
import { showTraining } from './training.js';

/** The two models that are compared. */
const MODELS = ['sasrec', 'dif-sr'] as const;
/** What they are called in a sentence. */
const NAMES: Readonly<Record<string, string>> = { sasrec: 'SASRec', 'dif-sr': 'DIF-SR' };

/** What suits the generated data. The rate stays constant and epochs are many: DIF-SR plateaus for some epochs before its attention finds the attributes. */
const SETTINGS = [
  'training.epochs=40',
  'training.schedule.kind=constant',
  'training.targetsPerStep=1024',
  'training.learningRate=0.002',
  'training.earlyStopping.patience=5',
  'model.maxLength=20',
  'model.hiddenDropout=0.3',
];

/** Declares the command; `done` receives its exit code. */
export function addQuickstart(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('quickstart')
    .description('train DIF-SR and SASRec on generated data and compare them (a minute or two)')
    .option('--epochs <n>', 'most passes over the data (default: 40)')
    .option('--seed <n>', 'seed of everything random (default: 42)');
  backendOptions(command)
    .addHelpText(
      'after',
      `
Example:
  $ npx difsr quickstart`,
    )
    .action(async (options: SharedOptions) => done(await quickstartCommand(options)));
}

async function quickstartCommand(options: SharedOptions): Promise<ExitCode> {
  const terminal = processTerminal({ json: false });
  const runs = await Promise.all(MODELS.map((model) => runOf(model, options)));
  const started = performance.now();
  const outcomes: TrainOutcome[] = [];
  // All runs are of the same data.
  const dataset = await loadFiles({ path: 'generated' });
  showData(terminal, summaryOf(dataset));
  for (const [index, run] of runs.entries()) {
    const { name } = run.config.model;
    terminal.line(terminal.style('bold', `\n${index + 1} of ${MODELS.length}: ${name}`));
    const out = await nextFreeFolder(`quickstart-${name}`);
    const outcome = await showTraining(terminal, 'part', (control) => trainResolved(run, { out, ...control }, dataset));
    if (outcome === undefined || outcome.reason === 'interrupted') return exitCodes.interrupted;
    outcomes.push(outcome);
  }
  compare(terminal, outcomes);
  const last = outcomes.at(-1);
  if (last !== undefined) await showExample(terminal, last.run, exampleHistory(dataset), options);
  terminal.line(
    `\ntook ${seconds((performance.now() - started) / 1000)}; now with your own data: ${commandLine('train', '--data', 'PATH')}`,
  );
  return exitCodes.ok;
}

async function runOf(model: string, options: SharedOptions): Promise<ResolvedRun> {
  const own = model === 'dif-sr' ? ['model.attributeLoss=5'] : [];
  const given = assignments(options).map(({ path, value }) => `${path}=${JSON.stringify(value)}`);
  return resolveRun({
    flags: assignments({ data: 'generated', model }),
    set: [...SETTINGS, ...own, ...given],
    shown: asSet,
  });
}

function compare(terminal: Terminal, outcomes: readonly TrainOutcome[]): void {
  terminal.line(terminal.style('bold', '\nside by side, test'));
  const models = outcomes.flatMap(({ metrics, reason }, index) =>
    metrics?.test === undefined ? [] : [{ title: MODELS[index] ?? '', metrics, test: metrics.test, reason }],
  );
  const [first] = models;
  if (first === undefined) return;
  const { popular } = first.metrics; // of the same data for every model
  const columns = [
    ...models.map(({ title, test }) => ({ title, metrics: test })),
    { title: 'popular items', metrics: popular.test ?? {} },
  ];
  for (const line of metricsTable(columns)) terminal.line(line);
  for (const line of protocolLines(first.metrics, ['test'])) terminal.line(terminal.style('dim', line));
  terminal.line();
  for (const line of inWords(models, popular.test ?? {})) terminal.line(line);
  for (const { title, metrics } of models) {
    const warning = unlearned(metrics, 'test', NAMES[title]);
    if (warning !== undefined) showWarning(terminal, warning);
  }
}

/** How models compare, for somebody who does not know the metrics; the last of them is the one that the comparison is about. */
function inWords(
  models: readonly {
    readonly title: string;
    readonly metrics: RunMetrics;
    readonly test: Metrics;
    readonly reason: TrainOutcome['reason'];
  }[],
  popular: Metrics,
): string[] {
  const share = (metrics: Metrics): string => `${Math.round(100 * (metrics['recall@10'] ?? 0))} %`;
  const [best, ...others] = models.toReversed().map(({ title, test }) => [NAMES[title] ?? title, share(test)] as const);
  const early = models.flatMap(({ title, metrics, reason }) =>
    reason === 'early-stopping' ? [`${NAMES[title] ?? title} (best epoch ${metrics.best.epoch})`] : [],
  );
  return [
    ...(best === undefined
      ? []
      : [
          `${best[0]} finds the next item among its first ten for ${best[1]} of the users, ${others.map(([name, part]) => `${name} for ${part}`).join(', ')}, the list of popular items for ${share(popular)}.`,
        ]),
    ...(early.length === 0
      ? []
      : [`Stopped early, as no further epoch was better on the validation items: ${early.join(', ')}.`]),
  ];
}

/** Ten recommendations for the whole history of one user. */
async function showExample(
  terminal: Terminal,
  folder: string,
  history: readonly string[],
  options: SharedOptions,
): Promise<void> {
  const { backend, device, threads, precision } = options;
  const recommender = await openRecommender(folder, { backend, device, threads, precision });
  try {
    const { run } = recommender;
    terminal.line();
    showRecommendations(terminal, run, history, await recommender.recommend(history, { k: 10 }));
    terminal.line(`again: ${commandLine('recommend', folder, '--history', history.join(' '), '-k', '10')}`);
  } finally {
    await recommender.dispose();
  }
}

/** The history of the first user with six interactions. */
function exampleHistory({ sequences, items }: Dataset): string[] {
  const users = sequences.offsets.length - 1;
  for (let user = 0; user < users; user++) {
    const history = sequenceAt(sequences, user);
    if (history.length === 6) return Array.from(history, (id) => items.tokens[id] ?? '');
  }
  return Array.from(sequenceAt(sequences, 0), (id) => items.tokens[id] ?? '');
}
