// Times of a data set as a model is fed them (time-fields.ts of @difsr/models), by position.
import { call, text } from '@difsr/errors';
import type { SequenceStore } from '@difsr/data';
import { gapsOfTimes, SECONDS, type TimeField } from '@difsr/models';
import { RunError } from '../run-error.js';
import { trainingPieces } from './training-pieces.js';

/** @throws RunError where a data set has no times, or numbers that are no seconds since 1970. */
export async function requireTimes(store: SequenceStore, name: TimeField): Promise<void> {
  if (!store.columns.some(({ kind }) => kind === 'time'))
    throw new RunError({
      what: `model.fields names "${name}", and the data set has no times`,
      cure: 'leave it out, or prepare the data set with its column of times',
    });
  for await (const times of trainingPieces(store, async (begins, lengths) => store.readColumn('time', begins, lengths)))
    for (const time of times)
      if (time < SECONDS.least || time > SECONDS.most)
        throw new RunError({
          what: `model.fields names "${name}", and the data set has the time ${time}, which is no second since 1970 (of 1973 or later)`,
          cure: text`leave it out, or prepare the data set with ${call('prepare')}, which converts times`,
        });
}

/** Gaps of ranges of a data set, end to end; that of an interaction in the middle of a sequence is to the one before the range. */
export async function gapsOf(
  store: SequenceStore,
  begins: ArrayLike<number>,
  lengths: ArrayLike<number>,
): Promise<Float64Array> {
  // One interaction more in front, where the user has one.
  const extra = Array.from(begins, (begin, i) => ((lengths[i] ?? 0) > 0 && !isFirst(store, begin) ? 1 : 0));
  const times = await store.readColumn(
    'time',
    Array.from(begins, (begin, i) => begin - (extra[i] ?? 0)),
    Array.from(lengths, (length, i) => length + (extra[i] ?? 0)),
  );
  const gaps = new Float64Array(Array.from(lengths).reduce((sum, length) => sum + length, 0));
  let [from, to] = [0, 0];
  for (let i = 0; i < begins.length; i++) {
    const [more, length] = [extra[i] ?? 0, lengths[i] ?? 0];
    gaps.set(gapsOfTimes(times.subarray(from + more, from + more + length), more === 1 ? times[from] : undefined), to);
    from += more + length;
    to += length;
  }
  return gaps;
}

/** Whether a position is the first of its sequence; those of training stand behind all others where the split is the data's own. */
function isFirst(store: SequenceStore, position: number): boolean {
  if (position === 0 || position === store.interactions) return true;
  return store.userOf(position - 1) !== store.userOf(position);
}
