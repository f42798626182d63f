// difsr-bench load: how long it takes until a data set can be read, a recommender be asked, and the first answer is there.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MissingPackageError } from '@difsr/errors';
import { generate, openRun, prepare, train } from '@difsr/library';
import type { Command } from 'commander';
import type { ExitCode } from '../errors.js';
import { runMeasured, type Measuring } from '../workload/command.js';
import { generatedOf } from '../workload/open.js';
import { addShared, helpText, type SharedOptions } from '../workload/options.js';
import { dataPlan, recommenderPlans } from './candidates.js';
import type { Opening } from './child.js';

interface LoadOptions extends SharedOptions {
  readonly run?: string;
}

const ROUNDS = 7;
/** Items of the history that is answered first. */
const HISTORY = 10;
const METHOD = [
  'Every visit is a process of its own that has opened nothing yet; files are in the cache of the operating system after the first. Times are from the first import to the end of the stage; the start of Node.js itself, some 40 ms, is not in them.',
  'The data set is one that was prepared: generated data and other files are prepared in a folder for the time of the benchmark. The run is of one epoch, trained before, or the one that --run names.',
  'Peak memory is the largest resident memory of the process.',
  'There is no plain implementation: times are compared with the large product alone.',
] as const;

/** Declares the command; `done` receives its exit code, `args` are for the report. */
export function addLoad(program: Command, done: (code: ExitCode) => void, args: readonly string[]): void {
  const command = program
    .command('load')
    .description('time the opening of a data set and of a recommender, and the first answer');
  addShared(command, ROUNDS)
    .option('--run <dir>', 'a run to open (default: one that is trained for it, of one epoch)')
    .addHelpText(
      'after',
      helpText(
        [],
        ['load --quick', 'load --data data/shop --run runs/shop', 'load --backends onnxruntime,tfjs --rounds 15'],
      ),
    )
    .action(async (options: LoadOptions) =>
      done(
        await runMeasured(options, {
          name: 'load',
          args,
          rounds: ROUNDS,
          place: 'thread',
          method: METHOD,
          work: { run: options.run === undefined ? 'of one epoch' : 'named' },
          measures: async (measuring) => {
            const folder = await mkdtemp(join(tmpdir(), 'difsr-bench-load-'));
            try {
              return [await openingOf(measuring, options, folder)];
            } finally {
              await rm(folder, { recursive: true, force: true });
            }
          },
        }),
      ),
    );
}

async function openingOf(measuring: Measuring, options: LoadOptions, folder: string): ReturnType<Measuring['contest']> {
  const { opened, threads, signal, progress, contest, workload } = measuring;
  progress.say('preparing the data set');
  const data = await dataToOpen(measuring, options, folder);
  let { run } = options;
  if (run === undefined) {
    progress.say('training the run that is opened: one epoch');
    run = join(folder, 'run');
    const { model, preset } = options;
    const { reason } = await train({
      data: data.path === 'generated' ? { path: 'generated' } : data.path,
      model,
      preset,
      epochs: 1,
      out: run,
      evaluation: { test: false },
      threads,
      device: 'cpu',
      signal,
    });
    if (reason === 'interrupted') signal.throwIfAborted();
  }
  const { items } = await openRun(run);
  const history = items.tokens.slice(1, 1 + HISTORY);
  const plans = [
    dataPlan(data, opened[0] === undefined ? '' : `${opened[0].backend.name} ${opened[0].backend.device}`, signal),
    ...opened.flatMap((open) => recommenderPlans(open, { run, history, threads }, signal)),
  ];
  return contest(plans, {
    name: 'opening',
    title: `a data set of ${workload.data.interactions} interactions, a run of ${items.tokens.length - 1} items`,
  });
}

/** The data set as it is opened every day: prepared. Without DuckDB the generated one is opened as it is. */
async function dataToOpen(
  { signal, progress }: Measuring,
  options: LoadOptions,
  folder: string,
): Promise<Extract<Opening, { kind: 'data set' }>> {
  const kind = 'data set';
  const { data } = options;
  const { formAt } = await import('@difsr/prepare');
  const { form } = await formAt(data);
  if (form === 'prepared') return { kind, path: data, generated: undefined };
  const out = join(folder, 'data');
  if (form !== 'generated') {
    await prepare(data, { out, signal });
    return { kind, path: out, generated: undefined };
  }
  try {
    const { description } = await generate({ out: join(folder, 'generated'), signal, ...generatedOf(options) });
    await prepare(description, { out, signal });
    return { kind, path: out, generated: undefined };
  } catch (error) {
    if (!(error instanceof MissingPackageError)) throw error;
    progress.say('warning: DuckDB is not installed: the data set is generated in memory instead of opened');
    return { kind, path: data, generated: generatedOf(options) };
  }
}
