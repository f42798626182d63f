// Two results of the same command: what got slower or faster beyond the noise. Machines drift, so seconds of another day say little: times are
// taken as multiples of the large product and of the plain implementation, each within its own run and round.
import { UsageError } from '../errors.js';
import type { BenchmarkResult, MeasuredCandidate } from '../measure/result.js';
import { ratios } from '../measure/statistics.js';
import { ratioInterval, type RatioInterval } from './interval.js';

/** What came out of a comparison. */
export const verdicts = ['slower', 'faster', 'no difference', 'too few rounds'] as const;
export type Verdict = (typeof verdicts)[number];

/** One candidate by one yardstick. */
export interface ComparedRow extends RatioInterval {
  readonly measure: string;
  readonly candidate: string;
  /** What its times are multiples of. */
  readonly by: 'the large product' | 'the plain implementation';
  /** Rounds of the run before, and of this one. */
  readonly rounds: readonly [number, number];
  readonly verdict: Verdict;
}

/** The comparison of a result with one of before. */
export interface Comparison {
  readonly baseline: { readonly file: string; readonly started: string; readonly command: string };
  /** Ratios above 1 are slower than before. */
  readonly rows: readonly ComparedRow[];
  /** How often the intervals of all rows together hold their true ratios. */
  readonly confidence: number;
  /** A share: differences up to it are not told. */
  readonly tolerance: number;
  /** Candidates of one of the two alone, and versions that differ. */
  readonly notes: readonly string[];
}

/** What two results must have in common. */
export type Comparable = Pick<
  BenchmarkResult,
  'kind' | 'data' | 'model' | 'work' | 'machine' | 'productSize' | 'engines'
>;

/** The chance that one row of all is told though nothing changed. */
const ERROR = 0.05;
/** Of fewer rounds the bootstrap promises more than it holds. */
export const LEAST_ROUNDS = 7;

/**
 * Refuses results that are not of the same work on the same kind of machine.
 *
 * @param file of the one before, for the message
 * @throws UsageError that names everything that differs
 */
export function requireComparable(before: Comparable, now: Comparable, file: string): void {
  const differences = aspects(before).flatMap(([what, was], i) => {
    const is = aspects(now)[i]?.[1] ?? '';
    return was === is ? [] : [`${what} was ${was}, is ${is}`];
  });
  const threads = before.engines.flatMap(({ name, threads: was }) => {
    const is = now.engines.find((engine) => engine.name === name)?.threads;
    return is === undefined || is === was
      ? []
      : [`threads of ${name} were ${was ?? 'its own choice'}, are ${is ?? 'its own choice'}`];
  });
  const all = [...differences, ...threads];
  if (all.length > 0)
    throw new UsageError(
      `${file} cannot be compared with this run: ${all.join('; ')}`,
      'measure the one before with the same command, data, model and options on this kind of machine',
    );
}

/** What must be equal, as texts; the same aspects in the same order for every result. */
function aspects({ kind, data, model, work, machine, productSize }: Comparable): (readonly [string, string])[] {
  const { name, users, items, interactions } = data;
  const platform = machine.platform.split(' ', 1).join(); // without the kernel's release
  return [
    ['the command', kind],
    ['the data set', `${name} (${users} users, ${items} items, ${interactions} interactions)`],
    ['the model', `${model.name} (${model.parameters} parameters)`],
    ['the preset', model.preset],
    ['the work of a visit', JSON.stringify(work)],
    ['the large product', `${productSize}^3`],
    ['the machine', `${machine.processor}, ${machine.cores} cores, ${platform}`],
  ];
}

/**
 * Compares candidate by candidate; plain implementations are yardsticks, and not compared themselves.
 *
 * @param tolerance a share, such as 0.05
 * @throws UsageError as {@link requireComparable}
 * @example
 * const { rows } = compareResults(before, now, { file: 'before/result.json', tolerance: 0.05 });
 * rows.filter(({ verdict }) => verdict === 'slower');
 */
export function compareResults(
  before: BenchmarkResult,
  now: BenchmarkResult,
  { file, tolerance }: { readonly file: string; readonly tolerance: number },
): Comparison {
  requireComparable(before, now, file);
  const pairs = pairsOf(before, now);
  const confidence = 1 - ERROR / Math.max(1, pairs.length); // each row; all together keep the error
  const rows = pairs.map(({ was, is, ...place }): ComparedRow => {
    const interval = ratioInterval(is, was, confidence);
    const rounds = [was.length, is.length] as const;
    return { ...place, ...interval, rounds, verdict: verdictOf(interval, Math.min(...rounds), tolerance) };
  });
  const { started, command } = before;
  return { baseline: { file, started, command }, rows, confidence: 1 - ERROR, tolerance, notes: notesOf(before, now) };
}

function verdictOf({ low, high }: RatioInterval, rounds: number, tolerance: number): Verdict {
  if (rounds < LEAST_ROUNDS) return 'too few rounds';
  if (low > 1 + tolerance) return 'slower';
  return high < 1 / (1 + tolerance) ? 'faster' : 'no difference';
}

interface Pair extends Pick<ComparedRow, 'measure' | 'candidate' | 'by'> {
  readonly was: readonly number[];
  readonly is: readonly number[];
}

/** Both results' candidates by name, each by its yardsticks. */
function pairsOf(before: BenchmarkResult, now: BenchmarkResult): Pair[] {
  return now.measures.flatMap(({ name: measure, candidates }) => {
    const earlier = before.measures.find((one) => one.name === measure)?.candidates ?? [];
    const yardsticks = new Set(candidates.map(({ plain }) => plain));
    return candidates.flatMap((own): Pair[] => {
      const old = earlier.find(({ name }) => name === own.name);
      if (old === undefined || yardsticks.has(own.name) || own.samples.length === 0 || old.samples.length === 0)
        return [];
      const [was, is] = [overPlain(old, earlier), overPlain(own, candidates)];
      const place = { measure, candidate: own.name };
      return [
        {
          ...place,
          by: 'the large product',
          was: ratios(old.samples, old.products),
          is: ratios(own.samples, own.products),
        },
        ...(was === undefined || is === undefined
          ? []
          : [{ ...place, by: 'the plain implementation' as const, was, is }]),
      ];
    });
  });
}

/** Times over those of the plain implementation, round by round; undefined where it was not measured. */
function overPlain({ samples, plain }: MeasuredCandidate, all: readonly MeasuredCandidate[]): number[] | undefined {
  const yardstick = all.find(({ name }) => name === plain)?.samples ?? [];
  return yardstick.length === samples.length && samples.length > 0 ? ratios(samples, yardstick) : undefined;
}

function notesOf(before: BenchmarkResult, now: BenchmarkResult): string[] {
  const named = ({ measures }: BenchmarkResult): string[] =>
    measures.flatMap(({ name, candidates }) =>
      candidates.filter(({ samples }) => samples.length > 0).map((own) => `${name}, ${own.name}`),
    );
  const [was, is] = [named(before), named(now)];
  const versions = (result: BenchmarkResult): string =>
    [
      `Node.js ${result.machine.node}`,
      result.machine.command,
      ...result.engines.map(({ name, library }) => `${name}: ${library}`),
    ].join('; ');
  return [
    ...is.filter((name) => !was.includes(name)).map((name) => `${name}: not in the result before`),
    ...was.filter((name) => !is.includes(name)).map((name) => `${name}: not measured this time`),
    ...(versions(before) === versions(now) ? [] : [`before: ${versions(before)}`, `now: ${versions(now)}`]),
    ...(before.complete ? [] : ['the result before is incomplete: its run was interrupted']),
  ];
}
