// difsr-bench recommend: ids in, ids out. One history at a time, and in batches; in the calling thread and in a worker.
import type { Owned } from '@difsr/models';
import type { Command } from 'commander';
import { deviceOf, openBackends, type OpenBackend } from '../engine/open.js';
import type { ExitCode } from '../errors.js';
import type { Measure } from '../measure/result.js';
import { numberOf } from '../options.js';
import { runMeasured, type Measuring } from '../workload/command.js';
import { untrained } from '../workload/open.js';
import { addShared, helpText, type SharedOptions } from '../workload/options.js';
import { recommendPlans, type Places } from './candidates.js';

interface RecommendOptions extends SharedOptions {
  readonly k: number;
  readonly calls?: number;
  readonly batch: number;
}

const ROUNDS = 9;
const CALLS = 200;
const QUICK_CALLS = 20;
/** Batches of a visit, for so many calls of one history. */
const CALLS_PER_BATCH = 25;
const METHOD = [
  'A call is timed from ids of items in to ids and scores of the best items out. Histories have 1 to 50 items, drawn evenly, the same for every candidate; their items are left out of the answer.',
  'One history at a time: a visit makes so many calls, one after the other; p50 and p99 are over the calls of all rounds. In batches: a call asks for several histories at once.',
  'Weights are those that the model starts with: they cost what trained ones do. All candidates give the same scores before any is timed.',
] as const;

/** Declares the command; `done` receives its exit code, `args` are for the report. */
export function addRecommend(program: Command, done: (code: ExitCode) => void, args: readonly string[]): void {
  const command = program
    .command('recommend')
    .description('time recommendations, one history at a time and in batches');
  addShared(command, ROUNDS)
    .option('--k <n>', 'items of an answer', numberOf(1, 100_000), 20)
    .option('--calls <n>', `calls of a visit (default: ${CALLS})`, numberOf(1, 1_000_000))
    .option('--batch <n>', 'histories of a batch', numberOf(2, 65_536), 64)
    .addHelpText(
      'after',
      helpText(
        [],
        [
          'recommend --quick',
          'recommend --items 12101 --threads 1',
          'recommend --data data/shop --model sasrecf --compare before/result.json',
        ],
      ),
    )
    .action(async (options: RecommendOptions) => done(await recommendCommand(options, args)));
}

function recommendCommand(options: RecommendOptions, args: readonly string[]): Promise<ExitCode> {
  const { k, batch, plain } = options;
  const calls = options.calls ?? (options.quick === true ? QUICK_CALLS : CALLS);
  return runMeasured(options, {
    name: 'recommend',
    args,
    rounds: ROUNDS,
    place: 'thread',
    method: METHOD,
    work: { k, batch, calls },
    measures: async (measuring) => {
      const { workload, signal, progress, contest } = measuring;
      const trained = untrained(workload);
      const places = await placesOf(measuring);
      const best = Math.min(k, workload.data.items);
      const measure = (name: string, title: string, ofVisit: { calls: number; batch: number }): Promise<Measure> => {
        const onCall = (candidate: string, call: number): void =>
          progress.draw(`${candidate}: call ${call} of ${ofVisit.calls}`);
        const work = { ...ofVisit, k: best, plain, signal, onCall };
        return contest(recommendPlans(places, trained, work), { name, title });
      };
      const batches = Math.max(1, Math.round(calls / CALLS_PER_BATCH));
      return [
        await measure(
          'one history',
          `${calls} calls of one history, the best ${best} of ${workload.data.items} items`,
          { calls, batch: 1 },
        ),
        await measure(
          'batches',
          `${batches} calls of ${batch} histories, the best ${best} of ${workload.data.items} items`,
          { calls: batches, batch },
        ),
      ];
    },
  });
}

/** ONNX Runtime also in a worker: what that costs is one of the questions. */
async function placesOf({ opened, threads, owned }: Measuring): Promise<Places[]> {
  const places: Places[] = [];
  for (const thread of opened) places.push({ thread, worker: await inWorker(thread, threads, owned) });
  return places;
}

async function inWorker(
  { name, backend }: OpenBackend,
  threads: number,
  owned: Owned,
): Promise<OpenBackend | undefined> {
  if (name !== 'onnxruntime') return undefined;
  const devices = [deviceOf(name, backend.device)];
  const { opened } = await openBackends({ backends: [name], devices, threads, otherwise: 'one', place: 'worker' });
  const [worker] = opened;
  return worker === undefined ? undefined : { ...worker, backend: owned.add(worker.backend) };
}
