// Examples of products, rows by id, and the ops that backends have whole.
import {
  add,
  apply,
  contract,
  gather,
  gatherLast,
  layerNorm,
  matmul,
  rank,
  scatterAdd,
  scatterAddLast,
  select,
  softmax,
  tableCrossEntropy,
  topK,
} from '../build.js';
import type { OpName, Tensor } from '../signatures.js';
import { reversedLists, rowTables, sumRows, type RowLists } from '../sum-rows.js';
import { at, type Shape } from '../types.js';
import { distinct, large, small, uniform, type Example, type Examples, type Scene } from './scene.js';

/** A product of an [m, k] and a [k, n] matrix, in each of the four layouts, with leading axes before both. */
function products(name: string, leadA: (s: Scene) => Shape, leadB: (s: Scene) => Shape): Example[] {
  return [false, true].flatMap((transA) =>
    [false, true].map((transB) =>
      small(`${name}${transA ? ', A transposed' : ''}${transB ? ', B transposed' : ''}`, (s) => {
        const [m, k, n] = [s.int(1, 4), s.int(1, 5), s.int(1, 4)];
        const a = s.float('a', [...leadA(s), ...(transA ? [k, m] : [m, k])]);
        return { y: matmul(a, s.float('b', [...leadB(s), ...(transB ? [n, k] : [k, n])]), { transA, transB }) };
      }),
    ),
  );
}

const attention = (s: Scene): { q: Tensor; k: Tensor } => ({
  q: s.float('q', [s.symbol('batch'), 2, s.symbol('length'), 3]),
  k: s.float('k', ['batch', 2, 'length', 3]),
});

function normalized(epsilon: number): Example {
  return small(`all outputs, epsilon ${epsilon}`, (s) => {
    const width = s.int(3, 6);
    const x = s.float('x', [s.symbol('batch'), s.symbol('length'), width], distinct());
    const outputs = apply('layerNorm', [x, s.float('scale', [width]), s.float('bias', [width])], { epsilon });
    return { y: at(outputs, 0), mean: at(outputs, 1), deviation: at(outputs, 2) };
  });
}

function crossEntropies(
  make: (h: Tensor, table: Tensor, targets: Tensor, firstClass: 0 | 1, s: Scene) => Record<string, Tensor>,
): Example[] {
  const of = (
    s: Scene,
    rows: string,
    classes: number,
    width: number,
    firstClass: 0 | 1,
    spread: number,
  ): Record<string, Tensor> =>
    make(
      s.float('h', [rows, width], uniform(-spread, spread)),
      s.float('table', [classes, width]),
      s.ints('targets', [rows], firstClass, classes - 1),
      firstClass,
      s,
    );
  return [
    small('all classes', (s) => of(s, s.symbol('targets'), s.int(2, 7), s.int(1, 4), 0, 1)),
    small('class 0 takes no part', (s) => of(s, s.symbol('targets'), s.int(3, 7), s.int(1, 4), 1, 1)),
    small('repeated targets', (s) => of(s, s.symbol('targets', 6, 8), 3, 2, 1, 1)),
    small('large logits', (s) => of(s, s.symbol('targets', 3, 5), 6, 4, 0, 20)),
    large('all classes', (s) => of(s, s.symbol('targets', 250, 260), 1501, 32, 0, 1)),
    large('class 0 takes no part', (s) => of(s, s.symbol('targets', 250, 260), 1501, 32, 1, 1)),
  ];
}

/** Sums of rows by random lists: the k-th has about most / k rows, as attributes have items. Lists and rows count from 1. */
function listed(s: Scene, rows: number, lists: number, width: number, most: number): Record<string, Tensor> {
  const x = s.float('x', [rows, width]);
  const drawn = s.permutations('lists', lists - 1, rows - 1);
  const pairs = drawn.map((list, k) => list.slice(0, Math.min(rows - 1, Math.floor(most / (k + 1)))));
  const all: RowLists = {
    offsets: Int32Array.from([0, 0, ...pairs.map((_, k) => pairs.slice(0, k + 1).flat().length)]),
    values: Int32Array.from(pairs.flat(), (row) => row + 1),
  };
  const tables = rowTables(all, rows).map((table, i) => s.table(`table.${i}`, table));
  const back = rowTables(reversedLists(all, rows), lists).map((table, i) => s.table(`back.${i}`, table));
  return { y: sumRows(x, tables, back) };
}

/** Ops with examples here. */
export type KernelOp = Extract<
  OpName,
  | 'matmul'
  | 'contract'
  | 'gather'
  | 'scatterAdd'
  | 'gatherLast'
  | 'scatterAddLast'
  | 'sumRows'
  | 'softmax'
  | 'layerNorm'
  | 'tableCrossEntropy'
  | 'tableCrossEntropyGrad'
  | 'topK'
  | 'rank'
>;

export const kernelExamples: Examples<KernelOp> = {
  matmul: [
    ...products(
      'matrices',
      () => [],
      () => [],
    ),
    ...products(
      'one matrix per row',
      (s) => [s.symbol('batch')],
      () => ['batch'],
    ),
    ...products(
      'a shared weight',
      (s) => [s.symbol('batch')],
      () => [],
    ),
    ...products(
      'a shared left side',
      () => [],
      (s) => [s.symbol('batch')],
    ),
    ...products(
      'leading axes repeat',
      (s) => [s.symbol('batch'), 1],
      () => [1, 2],
    ),
    small('attention scores', (s) => {
      const { q, k } = attention(s);
      return { y: matmul(q, k, { transB: true }) };
    }),
    large('matrices', (s) => ({
      y: matmul(s.float('a', [s.symbol('batch', 250, 260), 130]), s.float('b', [130, 200])),
    })),
    large('a shared weight, transposed', (s) => ({
      y: matmul(s.float('a', [s.symbol('batch', 30, 40), 50, 64]), s.float('b', [96, 64]), { transB: true }),
    })),
    large('heads', (s) => ({
      y: matmul(s.float('a', [s.symbol('batch', 30, 40), 2, 50, 32]), s.float('b', ['batch', 2, 50, 32]), {
        transB: true,
      }),
    })),
  ],
  contract: [
    small('one leading axis', (s) => ({
      y: contract(s.float('a', [s.symbol('batch'), s.int(1, 4)]), s.float('b', ['batch', s.int(1, 4)])),
    })),
    small('two leading axes', (s) => ({
      y: contract(s.float('a', [s.symbol('batch'), s.symbol('length'), 3]), s.float('b', ['batch', 'length', 2])),
    })),
    large('two leading axes', (s) => ({
      y: contract(s.float('a', [s.symbol('batch', 30, 40), 50, 64]), s.float('b', ['batch', 50, 48])),
    })),
  ],
  gather: [
    small('rows of a table', (s) => {
      const count = s.int(2, 6);
      return {
        y: gather(s.float('x', [count, 3]), s.ints('ids', [s.symbol('batch'), s.symbol('length')], 0, count - 1)),
      };
    }),
    small('one row', (s) => ({ y: gather(s.float('x', [4, 2]), s.ints('ids', [], 0, 3)) })),
    small('elements of a vector', (s) => ({
      y: gather(s.float('x', [5]), s.ints('ids', [s.symbol('targets', 4, 8)], 0, 4)),
    })),
    small('rows of matrices', (s) => ({
      y: gather(s.float('x', [5, 2, 3]), s.ints('ids', [s.symbol('targets')], 0, 4)),
    })),
    small('positions of a batch', (s) => {
      const shape = [s.symbol('batch'), s.symbol('length'), 3];
      const x = s.float('x', shape);
      return { y: gather(x, s.ints('ids', [s.symbol('targets', 3, 8)], 0, s.size('batch') * s.size('length') - 1), 2) };
    }),
    small('elements of a matrix', (s) => {
      const x = s.float('x', [s.symbol('batch'), 3]);
      return { y: gather(x, s.ints('ids', [s.symbol('targets', 3, 8)], 0, s.size('batch') * 3 - 1), 2) };
    }),
    small('int32', (s) => ({ y: gather(s.ints('x', [5, 2], -9, 9), s.ints('ids', [s.symbol('batch'), 3], 0, 4)) })),
    large('rows of a table', (s) => ({
      y: gather(s.float('x', [1201, 64]), s.ints('ids', [s.symbol('batch', 60, 65), 50], 0, 1200)),
    })),
  ],
  scatterAdd: [
    small('rows of a table', (s) => {
      const count = s.int(2, 4);
      const ids = s.ints('ids', [s.symbol('batch'), s.symbol('length', 2, 5)], 0, count - 1);
      return { y: scatterAdd(ids, s.float('updates', ['batch', 'length', 3]), [count, 3]) };
    }),
    small('elements of a vector', (s) => ({
      y: scatterAdd(s.ints('ids', [s.symbol('targets', 4, 8)], 0, 3), s.float('updates', ['targets']), [4]),
    })),
    small('one row', (s) => ({ y: scatterAdd(s.ints('ids', [], 0, 3), s.float('updates', [2]), [4, 2]) })),
    small('rows of matrices', (s) => ({
      y: scatterAdd(s.ints('ids', [s.symbol('targets')], 0, 2), s.float('updates', ['targets', 2, 3]), [3, 2, 3]),
    })),
    small('positions of a batch', (s) => {
      const shape = [s.symbol('batch'), s.symbol('length'), 3];
      const like = s.float('like', shape);
      const ids = s.ints('ids', [s.symbol('targets', 3, 8)], 0, s.size('batch') * s.size('length') - 1);
      return { y: add(scatterAdd(ids, s.float('updates', ['targets', 3]), shape, 2), like) };
    }),
    large('rows of a table', (s) => ({
      y: scatterAdd(
        s.ints('ids', [s.symbol('batch', 60, 65), 50], 0, 500),
        s.float('updates', ['batch', 50, 64]),
        [501, 64],
      ),
    })),
  ],
  gatherLast: [
    small('matrix', (s) => ({
      y: gatherLast(s.float('x', [s.symbol('batch'), 5]), s.ints('ids', ['batch', s.int(1, 7)], 0, 4)),
    })),
    small('vector', (s) => ({ y: gatherLast(s.float('x', [5]), s.ints('ids', [s.symbol('targets')], 0, 4)) })),
    small('three axes', (s) => ({
      y: gatherLast(
        s.float('x', [s.symbol('batch'), s.symbol('length'), 4]),
        s.ints('ids', ['batch', 'length', 6], 0, 3),
      ),
    })),
    large('matrix', (s) => ({
      y: gatherLast(s.float('x', [s.symbol('batch', 250, 260), 700]), s.ints('ids', ['batch', 300], 0, 699)),
    })),
  ],
  scatterAddLast: [
    small('matrix', (s) => ({
      y: scatterAddLast(s.ints('ids', [s.symbol('batch'), 6], 0, 3), s.float('updates', ['batch', 6]), 4),
    })),
    small('vector', (s) => ({
      y: scatterAddLast(s.ints('ids', [s.symbol('targets', 3, 7)], 0, 4), s.float('updates', ['targets']), 5),
    })),
    small('symbolic width', (s) => {
      const ids = s.ints('ids', [s.symbol('batch'), 4], 0, 1);
      return {
        y: add(
          scatterAddLast(ids, s.float('updates', ['batch', 4]), s.symbol('length', 2, 5)),
          s.float('like', ['length']),
        ),
      };
    }),
    small('three axes', (s) => ({
      y: scatterAddLast(s.ints('ids', [s.symbol('batch'), 2, 5], 0, 2), s.float('updates', ['batch', 2, 5]), 3),
    })),
    large('matrix', (s) => ({
      y: scatterAddLast(
        s.ints('ids', [s.symbol('batch', 250, 260), 300], 0, 99),
        s.float('updates', ['batch', 300]),
        100,
      ),
    })),
  ],
  sumRows: [
    small('short lists', (s) => listed(s, s.int(3, 6), s.int(3, 6), 3, 2)),
    small('no list has anything', (s) => listed(s, 3, 4, 2, 0)),
    small('one long list', (s) => listed(s, 40, 3, 4, 39)),
    small('a list of lists of lists', (s) => listed(s, 700, 3, 2, 690)),
    large('attributes of items', (s) => listed(s, 1501, 900, 32, 300)),
  ],
  softmax: [
    small('vector', (s) => ({ y: softmax(s.float('x', [s.symbol('length')])) })),
    small('attention', (s) => ({
      y: softmax(s.float('x', [s.symbol('batch'), 2, s.symbol('length'), 'length'], uniform(-4, 4))),
    })),
    small('masked', (s) => ({
      y: softmax(
        select(s.bools('mask', [s.symbol('length', 2, 5)]), s.float('x', [s.symbol('batch'), 'length']), -10_000),
      ),
    })),
    small('large scores', (s) => ({ y: softmax(s.float('x', [s.symbol('batch'), 5], uniform(300, 310))) })),
    large('attention', (s) => ({ y: softmax(s.float('x', [s.symbol('batch', 30, 40), 2, 50, 50])) })),
  ],
  layerNorm: [
    normalized(1e-12),
    normalized(0.1),
    small('matrix', (s) => ({
      y: layerNorm(s.float('x', [s.symbol('batch'), 5], distinct()), s.float('scale', [5]), s.float('bias', [5]), 1e-5),
    })),
    large('rows', (s) => ({
      y: layerNorm(
        s.float('x', [s.symbol('batch', 60, 65), 50, 64]),
        s.float('scale', [64]),
        s.float('bias', [64]),
        1e-12,
      ),
    })),
  ],
  tableCrossEntropy: crossEntropies((h, table, targets, firstClass) => ({
    y: tableCrossEntropy(h, table, targets, firstClass),
  })),
  tableCrossEntropyGrad: crossEntropies((h, table, targets, firstClass, s) => {
    const outputs = apply('tableCrossEntropyGrad', [h, table, targets, s.float('weights', targets.shape)], {
      firstClass,
    });
    return { dh: at(outputs, 0), dTable: at(outputs, 1) };
  }),
  topK: [
    small('matrix', (s) => ({ ...topK(s.float('x', [s.symbol('batch'), 6], distinct()), s.int(1, 6)) })),
    small('vector', (s) => ({ ...topK(s.float('x', [s.symbol('length', 3, 6)], distinct()), 3) })),
    small('three axes', (s) => ({ ...topK(s.float('x', [s.symbol('batch'), 2, 5], distinct()), 2) })),
    large('matrix', (s) => ({ ...topK(s.float('x', [s.symbol('batch', 60, 65), 1201], distinct()), 20) })),
  ],
  rank: [
    small('from item 1', (s) => ({
      y: rank(s.float('scores', [s.symbol('batch'), 7], distinct()), s.ints('targets', ['batch'], 1, 6)),
    })),
    small('from item 0', (s) => ({
      y: rank(s.float('scores', [s.symbol('batch'), 7], distinct()), s.ints('targets', ['batch'], 0, 6), undefined, 0),
    })),
    small('without excluded items', (s) => {
      const targets = s.ints('targets', [s.symbol('batch')], 1, 6);
      return {
        y: rank(s.float('scores', ['batch', 7], distinct()), targets, s.ints('excluded', ['batch', s.int(1, 5)], 0, 6)),
      };
    }),
    large('without excluded items', (s) => {
      const scores = s.float('scores', [s.symbol('batch', 120, 130), 1201], distinct());
      return { y: rank(scores, s.ints('targets', ['batch'], 1, 1200), s.ints('excluded', ['batch', 9], 0, 1200)) };
    }),
  ],
};
