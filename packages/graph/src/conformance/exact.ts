// Cases of whole numbers that float32 holds exactly, so that any order of summation gives the same
// bits: repeated ids, ties, NaN and infinity, run hundreds of times to catch races between threads.
import {
  add,
  apply,
  constant,
  contract,
  gather,
  gatherLast,
  input,
  matmul,
  rank,
  reduceSum,
  reshape,
  scatterAdd,
  scatterAddLast,
  topK,
} from '../build.js';
import { createGraph } from '../graph.js';
import { uniformAt, type RandomKey } from '../random.js';
import { scan } from '../scan.js';
import type { OpName, Tensor } from '../signatures.js';
import { at } from '../types.js';
import { differentiate } from '../vjp.js';
import type { ConformanceCase } from './cases.js';
import { quantized, Scene, type Fill } from './scene.js';

const whole = quantized(-8, 8);

/** Ids as a catalogue has them: most of the draws go to few ids, which repeat hundreds of times. */
const popular =
  (count: number): Fill =>
  (size, key) =>
    Array.from({ length: size }, (_, i) => Math.floor(count * uniformAt(key, i) ** 4));

/** Draws from a list, for ties with NaN and infinity among them. */
const among =
  (values: readonly number[]): Fill =>
  (size, key: RandomKey) =>
    Array.from({ length: size }, (_, i) => values[Math.floor(values.length * uniformAt(key, i))]!);

function exact(
  op: OpName,
  name: string,
  repeats: number,
  build: (scene: Scene) => Readonly<Record<string, Tensor>>,
): ConformanceCase {
  return {
    name: `${op}, exact: ${name}`,
    op,
    kind: 'exact',
    build: () => {
      const scene = new Scene(7);
      return { graph: createGraph(build(scene)), feeds: scene.feeds };
    },
    tolerance: { relative: 0, absolute: 0 },
    repeats,
  };
}

function scatterRows(count: number, fill: Fill): (scene: Scene) => Record<string, Tensor> {
  return (s) => ({
    y: scatterAdd(s.ids('ids', [s.symbol('targets', 8192, 8192)], fill), s.float('updates', ['targets', 16], whole), [
      count,
      16,
    ]),
  });
}

/**
 * Gradients of the cross-entropy whose softmax is exactly 0 or 1: in each row of h one entry is 7 and the others at most
 * 3; 16 classes have 1,024 at one entry each, all other rows of the table are not positive. The winning logit is
 * ahead by 4,096, so every other exponential underflows to 0, in double precision as well.
 */
function crossEntropy(rows: number, classes: number, firstClass: 0 | 1): (scene: Scene) => Record<string, Tensor> {
  const width = 16;
  const hidden: Fill = (count, key) =>
    Array.from({ length: count }, (_, i) => {
      const row = Math.floor(i / width);
      const top = Math.floor(width * uniformAt({ ...key, step: key.step + 1_000_000 }, row));
      return i % width === top ? 7 : Math.floor(4 * uniformAt(key, i));
    });
  const table: Fill = (count, key) =>
    Array.from({ length: count }, (_, i) => {
      const row = Math.floor(i / width);
      if (row % 50 === 1 && row < 50 * width) return Math.floor(row / 50) === i % width ? 1024 : 0;
      return -Math.floor(4 * uniformAt(key, i));
    });
  return (s) => {
    const h = s.float('h', [s.symbol('targets', rows, rows), width], hidden);
    const targets = s.ids('targets', ['targets'], (count, key) => popular(60)(count, key).map((id) => id + firstClass));
    const inputs = [
      h,
      s.float('table', [classes, width], table),
      targets,
      s.float('weights', ['targets'], quantized(-2, 3)),
    ] as const;
    const outputs = apply('tableCrossEntropyGrad', inputs, { firstClass });
    return { dh: at(outputs, 0), dTable: at(outputs, 1) };
  };
}

const ties = among([0, 1, 2, 3]);
const wild = among([0, 0, 1, 1, 2, 2, 3, Number.NaN, Infinity, -Infinity]);
const infinite = among([0, 1, 1, 2, Infinity, -Infinity]);

function ranking(scores: Fill, excludedPerRow: number, firstItem: 0 | 1): (scene: Scene) => Record<string, Tensor> {
  return (s) => {
    const logits = s.float('scores', [s.symbol('batch', 128, 128), 3001], scores);
    const excluded = excludedPerRow === 0 ? undefined : s.ids('excluded', ['batch', excludedPerRow], popular(3001));
    return { y: rank(logits, s.ints('targets', ['batch'], firstItem, 3000), excluded, firstItem) };
  };
}

/** The gradient of something that does depend on the tensor. */
const must = (gradient: Tensor | undefined): Tensor => at(gradient === undefined ? [] : [gradient], 0);

/** A gather whose gradient scatters: the pair as it stands in a training step. */
function embedding(s: Scene): Record<string, Tensor> {
  const table = s.float('table', [3001, 16], whole);
  const y = gather(table, s.ids('ids', [s.symbol('batch', 128, 128), 50], popular(3001)));
  const [gradient] = differentiate([[y, s.float('cotangent', ['batch', 50, 16], whole)]], [table]);
  return { y, gradient: must(gradient) };
}

/** Positions of a batch, gathered and scattered back: two leading axes as one list of rows. */
function positions(s: Scene): Record<string, Tensor> {
  const x = s.float('x', [s.symbol('batch', 100, 100), s.symbol('length', 50, 50), 16], whole);
  const y = gather(x, s.ids('ids', [s.symbol('targets', 8191, 8191)], popular(5000)), 2);
  const [gradient] = differentiate([[y, y]], [x]);
  return { y, gradient: must(gradient) };
}

/** A dropout mask that is described, not sent: the backend makes the bits. */
function mask(): ConformanceCase {
  const shape = ['batch', 'length', 33] as const;
  return {
    name: 'input, exact: a mask made by the backend',
    op: 'input',
    kind: 'exact',
    build: () => ({
      graph: createGraph({ y: apply('select', [input('keep', shape, 'bool'), constant(1), constant(0)], {})[0]! }),
      feeds: { keep: { mask: { seed: 5, step: 9, stream: 3 }, rate: 0.3, shape: [70, 51, 33] } },
    }),
    tolerance: { relative: 0, absolute: 0 },
    repeats: 10,
  };
}

/**
 * Scatter, gather, top-k, rank, sums and the cross-entropy's gradient on whole numbers, compared bit by bit.
 *
 * @example for (const example of exactCases()) { const { pass, detail } = await runCase(backend, example); }
 */
export function* exactCases(): Generator<ConformanceCase> {
  yield exact('scatterAdd', '8,192 rows into 500', 250, scatterRows(500, quantized(0, 499)));
  yield exact('scatterAdd', '8,192 rows into 12,102, few ids taking most', 250, scatterRows(12_102, popular(12_102)));
  yield exact('scatterAdd', '8,192 rows into one of 7', 100, scatterRows(7, quantized(3, 3)));
  yield exact('scatterAdd', '8,192 elements into a vector of 31', 250, (s) => ({
    y: scatterAdd(
      s.ints('ids', [s.symbol('targets', 8192, 8192)], 0, 30),
      s.float('updates', ['targets'], whole),
      [31],
    ),
  }));
  yield exact('scatterAdd', 'with the gather that it is the gradient of', 250, embedding);
  yield exact('scatterAdd', 'positions of a batch', 100, positions);
  yield exact('scatterAddLast', '400 into 50, 257 rows', 250, (s) => ({
    y: scatterAddLast(
      s.ints('ids', [s.symbol('batch', 257, 257), 400], 0, 49),
      s.float('updates', ['batch', 400], whole),
      50,
    ),
  }));
  yield exact('scatterAddLast', 'one long row', 250, (s) => ({
    y: scatterAddLast(
      s.ids('ids', [1, s.symbol('length', 60_000, 60_000)], popular(999)),
      s.float('updates', [1, 'length'], whole),
      999,
    ),
  }));
  yield exact('gather', '8,192 rows of 12,102', 100, (s) => ({
    y: gather(s.float('x', [12_102, 16], whole), s.ids('ids', [s.symbol('targets', 8192, 8192)], popular(12_102))),
  }));
  yield exact('gatherLast', '300 of 700, 257 rows', 100, (s) => ({
    y: gatherLast(s.float('x', [s.symbol('batch', 257, 257), 700], whole), s.ints('ids', ['batch', 300], 0, 699)),
  }));
  yield exact('topK', 'ties', 50, (s) => ({ ...topK(s.float('x', [s.symbol('batch', 64, 64), 3001], ties), 20) }));
  yield exact('topK', 'all equal', 20, (s) => ({
    ...topK(s.float('x', [s.symbol('batch', 5, 5), 101], quantized(2, 2)), 50),
  }));
  yield exact('topK', 'infinity', 50, (s) => ({
    ...topK(s.float('x', [s.symbol('batch', 64, 64), 301], infinite), 200),
  }));
  yield exact('rank', 'ties', 50, ranking(ties, 0, 1));
  yield exact('rank', 'ties, from item 0', 20, ranking(ties, 0, 0));
  yield exact('rank', 'all equal', 20, ranking(quantized(1, 1), 0, 1));
  yield exact('rank', 'NaN and infinity', 50, ranking(wild, 0, 1));
  yield exact('rank', 'repeated exclusions', 50, ranking(ties, 200, 1));
  yield exact('rank', 'NaN, infinity and exclusions', 50, ranking(wild, 60, 0));
  yield exact('reduceSum', 'columns of 8,192 rows', 50, (s) => ({
    y: reduceSum(s.float('x', [s.symbol('batch', 8192, 8192), 33], whole), [0]),
  }));
  yield exact('reduceSum', 'everything', 50, (s) => ({
    y: reduceSum(s.float('x', [s.symbol('batch', 8192, 8192), 33], whole)),
  }));
  yield exact('matmul', 'whole numbers', 20, (s) => ({
    y: matmul(s.float('a', [s.symbol('batch', 300, 300), 130], whole), s.float('b', [120, 130], whole), {
      transB: true,
    }),
  }));
  yield exact('contract', 'whole numbers', 50, (s) => ({
    y: contract(s.float('a', [s.symbol('batch', 100, 100), 50, 33], whole), s.float('b', ['batch', 50, 20], whole)),
  }));
  yield exact('add', 'a row added to many', 20, (s) => ({
    y: add(s.float('a', [s.symbol('batch', 8192, 8192), 33], whole), s.float('b', [33], whole)),
  }));
  yield exact('tableCrossEntropyGrad', 'repeated targets', 50, crossEntropy(1024, 1801, 0));
  yield exact('tableCrossEntropyGrad', 'repeated targets, class 0 takes no part', 50, crossEntropy(1023, 1801, 1));
  yield mask();
}

/**
 * Graphs over tensors without elements. They are apart, since not every backend can: a program over the rest of the
 * suite is still of use.
 */
export function* emptyCases(): Generator<ConformanceCase> {
  yield exact('add', 'no rows', 1, (s) => ({ y: add(s.float('a', [s.symbol('batch', 0, 0), 3]), s.float('b', [3])) }));
  yield exact('gather', 'no ids', 1, (s) => ({
    y: gather(s.float('x', [4, 3], whole), s.ints('ids', [s.symbol('targets', 0, 0)], 0, 3)),
  }));
  yield exact('scatterAdd', 'no ids', 1, (s) => ({
    y: scatterAdd(s.ints('ids', [s.symbol('targets', 0, 0)], 0, 3), s.float('updates', ['targets', 2]), [4, 2]),
  }));
  yield exact('matmul', 'no rows', 1, (s) => ({
    y: matmul(s.float('a', [s.symbol('batch', 0, 0), 3]), s.float('b', [3, 2])),
  }));
  yield exact('reshape', 'no rows, an axis moved', 1, (s) => ({
    y: reshape(s.float('x', [s.symbol('batch', 0, 0), s.symbol('length', 3, 3)], whole), ['batch', 1, 1, 'length']),
  }));
  yield exact('reshape', 'no columns', 1, (s) => ({
    y: reshape(s.float('x', [s.symbol('batch', 2, 2), s.symbol('length', 0, 0)], whole), ['batch', 1, 1, 'length']),
  }));
  yield exact('scatterAddLast', 'no rows', 1, (s) => ({
    y: scatterAddLast(s.ints('ids', [s.symbol('batch', 0, 0), 2], 0, 3), s.float('updates', ['batch', 2]), 4),
  }));
  yield exact('topK', 'no rows', 1, (s) => topK(s.float('x', [s.symbol('batch', 0, 0), 5], whole), 2));
  yield exact('rank', 'no exclusions', 1, (s) => ({
    y: rank(
      s.float('scores', [s.symbol('batch', 4, 4), 9], ties),
      s.ints('targets', ['batch'], 1, 8),
      s.ints('excluded', ['batch', s.symbol('seen', 0, 0)], 0, 8),
    ),
  }));
  yield exact('scan', 'no rows', 1, (s) => ({
    y: sums(
      s.float('start', [s.symbol('batch', 0, 0), 3], whole),
      s.float('x', [s.symbol('length', 2, 2), 'batch', 3]),
    ),
  }));
  yield exact('scan', 'no steps', 1, (s) => ({
    y: sums(
      s.float('start', [s.symbol('batch', 2, 2), 3], whole),
      s.float('x', [s.symbol('length', 0, 0), 'batch', 3]),
    ),
  }));
}

const sums = (start: Tensor, x: Tensor): Tensor =>
  at(
    scan([start], [x], (states, elements) => [add(at(states, 0), at(elements, 0))]),
    0,
  );
