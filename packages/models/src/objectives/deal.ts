// Deals the rows of a step out to several workers. Each gets some rows of the batch with the targets that lie in them; every target keeps
// the weight, every dropout mask the bits and every negative the draw that it has in the whole step, so that losses and gradients of the
// parts add up to those of the whole.
// An index with `!` is in range by construction.
import { sizeOf, type Feeds, type HostTensor, type Shape } from '@difsr/graph';
import { emptyLike } from '../empty-like.js';
import { RunError } from '../run-error.js';
import type { Objective } from './objective.js';

/** The axis along which rows lie. */
const ROWS = 'batch';

/** What a step is fed, and how its inputs were declared. */
export interface DealtStep {
  readonly feeds: Feeds;
  /** The declared shapes of the inputs: their symbols say what lies along which axis. */
  readonly inputs: ReadonlyMap<string, { readonly shape: Shape }>;
  readonly objective: Pick<Objective, 'places' | 'rowKinds'>;
}

/**
 * The feeds of `parts` workers. Rows are dealt so that targets, and after them rows, are as even as they can be; a worker for whom there
 * is no row has one whose targets weigh nothing.
 *
 * @throws RunError where the feeds lack what the objective says they have
 * @example
 * ```ts
 * const [first, second] = dealOut({ feeds, inputs: graph.inputs, objective: model.objective }, 2);
 * ```
 */
export function dealOut({ feeds, inputs, objective }: DealtStep, parts: number): Feeds[] {
  if (parts === 1) return [feeds];
  const items = tensorOf(feeds, 'items');
  const [rows = 0, length = 0] = items.shape;
  const together = rows / (objective.rowKinds ?? 1);
  const axes = Object.entries(objective.places).map(([axis, names]): Axis => {
    const weights = tensorOf(feeds, names.weights).data;
    const groups = names.positions.map((name) =>
      Array.from(tensorOf(feeds, name).data, (place) => Math.floor(place / length) % together),
    );
    return { axis, names, used: Array.from(weights, (weight) => weight !== 0), group: groups[0]! };
  });
  const dealt = dealGroups(together, axes, parts);
  return dealt.map((groups) => partOf({ feeds, inputs, axes, rows, length, together, parts }, groups));
}

/** Slots along an axis. */
interface Axis {
  readonly axis: string;
  readonly names: Objective['places'][string];
  /** Of each slot: whether it weighs anything. */
  readonly used: readonly boolean[];
  /** Of each slot: the group of rows that it is of. */
  readonly group: readonly number[];
}

/** The groups of rows of each part, in ascending order: those with most targets first, each to the part that has fewest. */
function dealGroups(count: number, axes: readonly Axis[], parts: number): number[][] {
  const targets = new Float64Array(count);
  const [first] = axes;
  first?.group.forEach((group, slot) => (targets[group]! += first.used[slot]! ? 1 : 0));
  const dealt = Array.from({ length: parts }, () => ({ targets: 0, groups: [] as number[] }));
  const order = Array.from({ length: count }, (_, group) => group).sort((a, b) => targets[b]! - targets[a]! || a - b);
  for (const group of order) {
    const least = dealt.reduce((a, b) =>
      b.targets < a.targets || (b.targets === a.targets && b.groups.length < a.groups.length) ? b : a,
    );
    least.groups.push(group);
    least.targets += targets[group]!;
  }
  return dealt.map(({ groups }) => groups.sort((a, b) => a - b));
}

interface Step extends Pick<DealtStep, 'feeds' | 'inputs'> {
  readonly axes: readonly Axis[];
  readonly rows: number;
  readonly length: number;
  readonly together: number;
  readonly parts: number;
}

function partOf(step: Step, groups: readonly number[]): Feeds {
  const { feeds, inputs, axes, rows, length, together, parts } = step;
  const own = groups.length > 0 ? groups : [0];
  const chosenRows = Int32Array.from(
    Array.from({ length: rows / together }, (_, kind) => own.map((group) => kind * together + group)).flat(),
  );
  const newRow = new Map(Array.from(chosenRows, (row, at) => [row, at]));
  const mine = new Set(groups);
  const chosen = new Map([[ROWS, { entries: chosenRows, used: chosenRows.length }]]);
  for (const { axis, used, group } of axes) {
    const slots = used.flatMap((weighs, slot) => (weighs && mine.has(group[slot]!) ? [slot] : []));
    // Parts are of one size if targets are even: the largest tensors keep one shape.
    const size = Math.max(Math.ceil(used.length / parts), slots.length, 1);
    const entries = new Int32Array(size).fill(slots[0] ?? 0);
    entries.set(slots);
    chosen.set(axis, { entries, used: slots.length });
  }
  const places = new Set(axes.flatMap(({ names }) => names.positions));
  const weights = new Set(axes.map(({ names }) => names.weights));
  return Object.fromEntries(
    Object.entries(feeds).map(([name, feed]) => {
      const symbol = inputs.get(name)?.shape[0];
      const choice = typeof symbol === 'string' ? chosen.get(symbol) : undefined;
      if (choice === undefined) return [name, feed];
      const part = entriesOf(feed, choice.entries);
      if ('mask' in part) return [name, part];
      if (places.has(name)) {
        // A slot that is not used looks at some place of the part.
        const moved = Int32Array.from(part.data, (place, at) =>
          // A slot that is used is of a row of the part.
          at < choice.used ? newRow.get(Math.floor(place / length))! * length + (place % length) : 0,
        );
        return [name, { ...part, data: moved }];
      }
      if (weights.has(name)) part.data.fill(0, choice.used);
      return [name, part];
    }),
  );
}

/** Entries of a feed along its first axis. */
function entriesOf(feed: Feeds[string], entries: Int32Array): Feeds[string] {
  const inner = feed.shape.slice(1);
  const shape = [entries.length, ...inner];
  if ('mask' in feed) return { ...feed, shape, rows: entries };
  const width = sizeOf(inner);
  const { dtype, data: from } = feed;
  const data = emptyLike(from, entries.length * width);
  entries.forEach((entry, at) => data.set(from.subarray(entry * width, (entry + 1) * width), at * width));
  return { dtype, shape, data };
}

function tensorOf(feeds: Feeds, name: string): HostTensor {
  const feed = feeds[name];
  if (feed === undefined || 'mask' in feed) throw new RunError(`a step is dealt out by "${name}", which is not fed`);
  return feed;
}
