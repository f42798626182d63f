// Workers in threads of one process: arrays go through memory that they share, and a worker that waits sleeps.
// An index with `!` is in range by construction.
import type { Collective, Floats, Range } from './collective.js';

/** Memory of a group of workers; it is sent to each of them. */
export interface SharedMemory {
  readonly size: number;
  /** Most elements of an array. */
  readonly length: number;
  readonly precision: 'float32' | 'float64';
  /** An array for each worker. */
  readonly slots: SharedArrayBuffer;
  /** Workers that have arrived, and how often all have. */
  readonly barrier: SharedArrayBuffer;
}

const ARRIVED = 0;
const ROUND = 1;

/**
 * Memory for arrays of up to `length` elements.
 *
 * @example
 * ```ts
 * const memory = sharedMemory({ size: 2, length: 1000, precision: 'float32' });
 * // in the thread of each worker:
 * const collective = sharedCollective(memory, rank);
 * ```
 */
export function sharedMemory({
  size,
  length,
  precision,
}: Pick<SharedMemory, 'size' | 'length' | 'precision'>): SharedMemory {
  const bytes = precision === 'float64' ? 8 : 4;
  return {
    size,
    length,
    precision,
    slots: new SharedArrayBuffer(size * length * bytes),
    barrier: new SharedArrayBuffer(8),
  };
}

/** `values += others` from `start` to `end`: a loop of its own over two arrays, which is what the engine makes fast. */
function addTo(values: Floats, others: Floats, start: number, end: number): void {
  for (let i = start; i < end; i++) values[i]! += others[i]!;
}

/** One worker's side. A worker that does not arrive keeps the others waiting: who started them ends them. */
export function sharedCollective(memory: SharedMemory, rank: number): Collective {
  const { size, length, precision } = memory;
  const bytes = precision === 'float64' ? 8 : 4;
  const slotAt = (offset: number): Floats =>
    precision === 'float64'
      ? new Float64Array(memory.slots, offset, length)
      : new Float32Array(memory.slots, offset, length);
  const slots = Array.from({ length: size }, (_, i) => slotAt(i * length * bytes));
  const own = slots[rank]!;
  const counters = new Int32Array(memory.barrier);

  /** Returns when all workers have called it. */
  const meet = (): void => {
    const round = Atomics.load(counters, ROUND);
    if (Atomics.add(counters, ARRIVED, 1) === size - 1) {
      Atomics.store(counters, ARRIVED, 0);
      Atomics.add(counters, ROUND, 1);
      Atomics.notify(counters, ROUND);
      return;
    }
    while (Atomics.load(counters, ROUND) === round) Atomics.wait(counters, ROUND, round);
  };
  /** Shows the others what this worker has, does something with what all have, and holds on until nobody reads it any more. */
  const together = (values: Floats, shown: readonly Range[], use: () => void): void => {
    for (const { start, end } of shown) own.set(values.subarray(start, end), start);
    meet();
    use();
    meet();
  };
  const sum = (values: Floats, { start, end }: Range): void => {
    values.set(slots[0]!.subarray(start, end), start);
    for (const other of slots.slice(1)) addTo(values, other, start, end);
  };
  const all = ({ length: end }: Floats): Range => ({ start: 0, end });

  return {
    rank,
    size,
    allReduce: (values) => together(values, [all(values)], () => sum(values, all(values))),
    reduceScatter: (values, ranges) =>
      together(values, [all(values)], () => {
        for (const range of ranges[rank]!) sum(values, range);
      }),
    allGather: (values, ranges) =>
      together(values, ranges[rank]!, () => {
        ranges.forEach((theirs, other) => {
          if (other === rank) return;
          for (const { start, end } of theirs) values.set(slots[other]!.subarray(start, end), start);
        });
      }),
    broadcast: (values, from) =>
      together(values, rank === from ? [all(values)] : [], () => {
        if (rank !== from) values.set(slots[from]!.subarray(0, values.length));
      }),
  };
}
