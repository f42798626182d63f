// How candidates are timed against each other: in rounds that visit every one once, so that a machine whose speed drifts
// is as fast or as slow for all of them. Knows nothing of attention.
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile, ratios, uncertainty } from './statistics.js';

/** Something that can be timed. */
export interface Subject {
  readonly name: string;
  /** What is timed; `timed` is false of the run before the timed ones. */
  run(timed: boolean): Promise<unknown>;
  /** There is no run before the timed ones: what is timed is the first time. */
  readonly cold?: boolean;
}

/** When and how long to measure. */
export interface RoundOptions {
  readonly minRounds: number;
  readonly maxRounds: number;
  /** Milliseconds for all rounds; passed only to reach `minRounds`. */
  readonly budget: number;
  /** Rounds end early when each subject's ratio to the first one is known to this relative precision. */
  readonly precision: number;
  /** A visit repeats its run for about so many milliseconds, at most 20 times, and keeps the median. */
  readonly visit: number;
  /** Aborted: the round that is under way is dropped. */
  readonly signal?: AbortSignal;
  /** Called after each whole round with how many there have been. */
  readonly onRound?: (round: number) => void;
  /** Milliseconds; for tests. */
  readonly now?: () => number;
  /** Waits until the last run's threads have come to rest; for tests. */
  readonly settle?: () => Promise<void>;
}

/** Samples by subject, one a round, in milliseconds: sample `i` of every subject comes from the same round. */
export type Samples = ReadonlyMap<string, readonly number[]>;

const MOST_RUNS = 20;
/** Above so many milliseconds a run needs no untimed one before it. */
const LONG_RUN = 500;

/** Times subjects in rounds. */
export async function measureRounds(subjects: readonly Subject[], options: RoundOptions): Promise<Samples> {
  const { minRounds, maxRounds, budget, precision, signal, onRound, now = () => performance.now() } = options;
  const samples = new Map<string, number[]>(subjects.map(({ name }) => [name, []]));
  const usual = new Map<string, number>();
  const start = now();
  const stopped = (): boolean => signal?.aborted === true;
  for (let round = 0; round < maxRounds; round++) {
    const passed = now() - start;
    if (round >= minRounds && (passed + passed / round > budget || settled(samples, precision))) break;
    const taken: (readonly [string, number])[] = [];
    for (const subject of roundOrder(subjects, round)) {
      if (stopped()) return samples;
      const time = await visit(subject, usual.get(subject.name), options).catch((error: unknown) => {
        if (stopped()) return undefined; // it gave up
        throw error;
      });
      if (time === undefined || stopped()) return samples;
      usual.set(subject.name, time);
      taken.push([subject.name, time]);
    }
    // Only whole rounds count, so that samples of one round stand side by side.
    for (const [name, time] of taken) samples.get(name)?.push(time);
    onRound?.(round + 1);
  }
  return samples;
}

/** Whether the ratios of all subjects to the first are known well enough. */
function settled(samples: Samples, precision: number): boolean {
  const [first, ...others] = [...samples.values()];
  if (first === undefined) return true;
  return others.every((own) => uncertainty(ratios(own, first)) <= precision);
}

/** Order of a round: it starts with another subject each time and runs backwards every second time, so that nobody always follows the same one. */
export function roundOrder<T>(subjects: readonly T[], round: number): readonly T[] {
  const turn = Math.floor(round / 2) % Math.max(1, subjects.length);
  const turned = [...subjects.slice(turn), ...subjects.slice(0, turn)];
  return round % 2 === 0 ? turned : turned.toReversed();
}

/** One visit: rest, a run that is not timed, then timed runs; their median. */
async function visit(
  subject: Subject,
  usual: number | undefined,
  { visit: wanted, now = () => performance.now(), settle = processAtRest }: RoundOptions,
): Promise<number> {
  await settle();
  const timed = async (counts: boolean): Promise<number> => {
    const start = now();
    await subject.run(counts);
    return now() - start;
  };
  if (subject.cold === true) return timed(true);
  const untimed = usual === undefined || usual < LONG_RUN ? await timed(false) : usual;
  const runs = Math.max(1, Math.min(MOST_RUNS, Math.floor(wanted / untimed)));
  const times: number[] = [];
  while (times.length < runs) times.push(await timed(true));
  return quantile(times, 0.5);
}

const REST_STEP = 10;
const MOST_REST_STEPS = 20;

/**
 * Waits until this process uses next to no processor time. After its last run a session of ONNX Runtime keeps its threads
 * spinning for some 30 ms, a core each; the next candidate, which has threads of its own, would be timed against them.
 */
async function processAtRest(): Promise<void> {
  let before = process.cpuUsage();
  for (let step = 0; step < MOST_REST_STEPS; step++) {
    await sleep(REST_STEP);
    const used = process.cpuUsage(before);
    if (used.user + used.system < REST_STEP * 100) return; // microseconds: a tenth of the step
    before = process.cpuUsage();
  }
}
