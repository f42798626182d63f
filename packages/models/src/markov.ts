// A Markov chain of first order over items: how often b came right after a in the training part. Counted, not trained.
// N(a, b) `counts`, the b of each a `successors`; what never came after a is ranked by popularity, which also decides between equal counts.
import { setting, text, type Text } from '@difsr/errors';
import { add, gather, reshape, scatterAddLast, type HostTensor } from '@difsr/graph';
import * as z from 'zod';
import type { Counted, TrainingPart } from './counted.js';
import { countedShape, lastItems, type CountedConfig } from './counted-model.js';
import type { ModelDefinition } from './definition.js';

/** Options of the Markov chain. */
export interface MarkovConfig extends CountedConfig {
  readonly successors: number;
}

const SUCCESSORS = 'markov.successors';
const COUNTS = 'markov.counts';
const POPULARITY = 'markov.popularity';

/** The Markov chain. */
export const markov: ModelDefinition<MarkovConfig> = {
  name: 'markov',
  description: 'how often an item came right after the last one, then the popular items; counted, not trained',
  config: z.strictObject({
    ...countedShape,
    successors: z
      .number()
      .int()
      .min(1)
      .describe('successors of each item that are kept, the most frequent ones; all others are ranked by popularity')
      .default(100),
  }),
  build: ({ scope, config, schema, items }) => {
    const columns = schema.items + 1;
    const shape = [columns, kept(config, schema.items)];
    const last = lastItems(items);
    const successors = gather(scope.constantTable(SUCCESSORS, shape), last); // [batch, kept], 0 = none
    const counts = gather(scope.constantTable(COUNTS, shape, 'float32'), last);
    const popularity = scope.constantTable(POPULARITY, [columns], 'float32');
    return { scores: add(scatterAddLast(successors, counts, columns), reshape(popularity, [1, columns])) };
  },
  count: async (config, training) => {
    const items = training.counts.length - 1;
    const width = kept(config, items);
    const found = keepSuccessors(await allSuccessors(training), training.counts, width);
    return { tables: { ...found.tables, [POPULARITY]: popularityBelowHalf(training.counts) }, said: found.said };
  },
};

function kept({ successors }: MarkovConfig, items: number): number {
  return Math.min(successors, items);
}

/**
 * Popularity as a fraction: training interactions divided by a power of two, so that it is exact, and less than one half. A count outweighs
 * all of it; between counts of which 24 bits hold no such fraction, the lower id decides.
 */
function popularityBelowHalf(counts: readonly number[]): HostTensor {
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  const unit = 2 ** -Math.ceil(Math.log2(2 * most + 1));
  const data = Float32Array.from(counts, (count, id) => (id === 0 ? 0 : count * unit));
  return { dtype: 'float32', shape: [data.length], data };
}

/** For each item a, what came right after it, once for each time: `of[begins[a] .. begins[a + 1])`. */
interface Successors {
  readonly begins: Float64Array;
  readonly of: Int32Array;
}

// Two readings, the first to count: four bytes for each pair, whatever the number of items. An index with `!` is in range by construction.
async function allSuccessors({ counts, sequences }: TrainingPart): Promise<Successors> {
  const begins = new Float64Array(counts.length + 1);
  await eachPair(sequences, (a) => begins[a + 1]!++);
  for (let a = 1; a < begins.length; a++) begins[a]! += begins[a - 1]!;
  const next = begins.slice();
  const of = new Int32Array(begins.at(-1) ?? 0);
  await eachPair(sequences, (a, b) => (of[next[a]!++] = b));
  return { begins, of };
}

async function eachPair(sequences: TrainingPart['sequences'], take: (a: number, b: number) => void): Promise<void> {
  for await (const { items, lengths } of sequences()) {
    let end = 0;
    for (const length of lengths) {
      end += length;
      for (let at = end - length + 1; at < end; at++) take(items[at - 1]!, items[at]!);
    }
  }
}

/** The most frequent successors of each item, equals by popularity, then the lower id. */
function keepSuccessors({ begins, of }: Successors, popularity: readonly number[], width: number): Required<Counted> {
  const rows = popularity.length;
  const [successors, counts] = [new Int32Array(rows * width), new Float32Array(rows * width)];
  let [cutItems, cutPairs] = [0, 0];
  for (let a = 1; a < rows; a++) {
    const found = tallied(of.subarray(begins[a], begins[a + 1]).sort());
    found.sort((x, y) => y.count - x.count || popularity[y.item]! - popularity[x.item]! || x.item - y.item);
    found.slice(0, width).forEach(({ item, count }, place) => {
      successors[a * width + place] = item;
      counts[a * width + place] = count;
    });
    if (found.length <= width) continue;
    cutItems++;
    cutPairs += found.slice(width).reduce((sum, { count }) => sum + count, 0);
  }
  const shape = [rows, width];
  return {
    tables: {
      [SUCCESSORS]: { dtype: 'int32', shape, data: successors },
      [COUNTS]: { dtype: 'float32', shape, data: counts },
    },
    said: cutItems === 0 ? [] : [leftOut(cutItems, cutPairs, of.length, width)],
  };
}

/** How often each number occurs among sorted ones. */
function tallied(sorted: Int32Array): { readonly item: number; count: number }[] {
  const found: { readonly item: number; count: number }[] = [];
  for (const item of sorted) {
    const latest = found.at(-1);
    if (latest?.item === item) latest.count++;
    else found.push({ item, count: 1 });
  }
  return found;
}

function leftOut(items: number, pairs: number, all: number, width: number): Text {
  const share = `${((100 * pairs) / all).toFixed(1)} %`;
  return text`${items === 1 ? 'an item has' : `${items} items have`} more than ${width} different successors: the ${width} most frequent of each are kept, and ${pairs} of ${all} pairs (${share}) count only as popularity; ${setting('model.successors', 2 * width)} keeps more`;
}
