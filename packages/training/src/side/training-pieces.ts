// All training interactions of a data set, some users at a time: whatever is read of them, memory stays small.
import type { SequenceStore } from '@difsr/data';

/** Interactions that are read at once. */
const PIECE = 1 << 20;

/** Reads something of all training interactions, in order. */
export async function* trainingPieces<T>(
  { split: { train } }: SequenceStore,
  read: (begins: ArrayLike<number>, lengths: ArrayLike<number>) => Promise<T>,
): AsyncGenerator<T> {
  const { begins, ends } = train;
  for (let from = 0; from < begins.length;) {
    const lengths: number[] = [];
    for (let items = 0; from + lengths.length < begins.length && items < PIECE;) {
      const user = from + lengths.length;
      const length = (ends[user] ?? 0) - (begins[user] ?? 0);
      lengths.push(length);
      items += length;
    }
    yield await read(begins.subarray(from, from + lengths.length), lengths);
    from += lengths.length;
  }
}
