// What `difsr-bench load` times: opening a data set, opening a recommender, and its first answer, each in a process that has done nothing yet.
import type { OpenBackend } from '../engine/open.js';
import { deviceOf } from '../engine/open.js';
import type { ContestPlan, Contestant } from '../measure/contest.js';
import { figureOf } from '../measure/result.js';
import { summarize } from '../measure/statistics.js';
import { engineName } from '../workload/product.js';
import type { Opened, Opening } from './child.js';
import { openInProcess } from './open-in-process.js';

const MEBIBYTE = 2 ** 20;

/** The candidate that opens the data set; `engine` gives the large product that it is compared with. */
export function dataPlan(
  opening: Extract<Opening, { kind: 'data set' }>,
  engine: string,
  signal: AbortSignal,
): ContestPlan {
  const name = 'data set';
  return {
    name,
    title: 'reading code and data',
    engine,
    make: () => Promise.resolve(stage(name, processOf(opening, signal))),
  };
}

/** Candidates of a run on an engine: its recommender, and the first answer of that; both are of one process. */
export function recommenderPlans(
  open: OpenBackend,
  what: Pick<Extract<Opening, { kind: 'recommender' }>, 'run' | 'history' | 'threads'>,
  signal: AbortSignal,
): ContestPlan[] {
  const engine = engineName(open);
  const device = deviceOf(open.name, open.backend.device);
  const process = processOf({ kind: 'recommender', backend: open.name, device, ...what }, signal);
  const plan = (name: string, title: string, opens: boolean): ContestPlan => ({
    name: `${engine}, ${name}`,
    title,
    engine,
    make: () => Promise.resolve(stage(name, process, opens)),
  });
  return [
    plan('recommender', 'reading code, the run, and the runtime', true),
    plan('first answer', 'the first 20 items, in the process that opened the recommender', false),
  ];
}

/** A process that opens something, again and again. */
interface Process {
  open(): Promise<void>;
  /** One a visit. */
  readonly found: Opened[];
}

function processOf(opening: Opening, signal: AbortSignal): Process {
  const found: Opened[] = [];
  return { found, open: async () => void found.push(await openInProcess(opening, signal)) };
}

/** @param opens whether this candidate starts the process, or another stage of it does. */
function stage(name: string, { open, found }: Process, opens = true): Contestant {
  return {
    check: () => Promise.resolve([]),
    cold: true,
    run: () => (opens ? open() : Promise.resolve()),
    times: () => found.map(({ stages }) => stages[name] ?? Number.NaN),
    figures: (samples) => [
      figureOf('time', 'ms', summarize(samples)),
      figureOf(
        'peak memory',
        'MiB',
        summarize(found.slice(0, samples.length).map(({ peakMemoryBytes }) => peakMemoryBytes / MEBIBYTE)),
      ),
    ],
    dispose: () => Promise.resolve(),
  };
}
