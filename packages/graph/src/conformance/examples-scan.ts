// Examples of scan: recurrences as models have them, and what a rule of it could get wrong.
import { add, apply, cast, concat, less, matmul, mul, select, sigmoid, slice, sub, tanh } from '../build.js';
import { scan } from '../scan.js';
import { at, GraphError } from '../types.js';
import type { Node, Tensor } from '../signatures.js';
import { large, small, uniform, type Example, type Scene } from './scene.js';

const gently = uniform(-0.5, 0.5);

/** A gated recurrent unit: start [batch, d], projected inputs [batch, length, 3 d], recurrent weights [d, 3 d]. */
function gatedUnit(start: Tensor, projected: Tensor, weights: Tensor, reverse = false): Tensor {
  const d = Number(at(start.shape, -1));
  const part = (x: Tensor, i: number): Tensor => slice(x, -1, i * d, (i + 1) * d);
  const hidden = scan(
    [start],
    [projected],
    (states, elements) => {
      const [h, x] = [at(states, 0), at(elements, 0)];
      const recurrent = matmul(h, weights);
      const reset = sigmoid(add(part(x, 0), part(recurrent, 0)));
      const update = sigmoid(add(part(x, 1), part(recurrent, 1)));
      const candidate = tanh(add(part(x, 2), mul(reset, part(recurrent, 2))));
      return [add(mul(update, h), mul(sub(1, update), candidate))];
    },
    { axis: 1, reverse },
  );
  return at(hidden, 0);
}

function gatedUnitOf(s: Scene, batch: string, length: string, d: number, reverse = false): Record<string, Tensor> {
  const start = s.float('start', [batch, d]);
  return {
    y: gatedUnit(start, s.float('x', [batch, length, 3 * d]), s.float('weights', [d, 3 * d], gently), reverse),
  };
}

/** The last value of every state of a scan instead of all of them. */
function lastOf(all: Tensor): Tensor {
  const { node }: { node: Node } = all;
  if (node.op !== 'scan') throw new GraphError(`${node.op} is no scan`);
  return at(apply('scan', node.inputs, { ...node.attributes, collect: node.attributes.collect.map(() => false) }), 0);
}

export const scanExamples: readonly Example[] = [
  small('a running sum', (s) => {
    const x = s.float('x', [s.symbol('length'), 3]);
    return {
      y: at(
        scan([s.float('start', [3])], [x], ([sum], [own]) => [add(sum ?? 0, own ?? 0)]),
        0,
      ),
    };
  }),
  small('a gated recurrent unit', (s) => gatedUnitOf(s, s.symbol('batch'), s.symbol('length'), s.int(1, 4))),
  small('from the last to the first', (s) => gatedUnitOf(s, s.symbol('batch'), s.symbol('length'), 3, true)),
  small('the last state alone', (s) => {
    const x = s.float('x', [s.symbol('length'), 2]);
    const decay = s.float('decay', [2], uniform(0.2, 0.9));
    const all = scan([s.float('start', [2])], [x], ([h], [own]) => [add(mul(h ?? 0, decay), own ?? 0)]);
    return { y: lastOf(at(all, 0)) };
  }),
  small('two states and two sequences, of which one state is a result alone', (s) => {
    const [a, b] = [s.float('a', [s.symbol('length'), s.symbol('batch'), 2]), s.float('b', ['length', 'batch', 2])];
    const start = s.float('start', ['batch', 2]);
    const [h, product] = scan([start, start], [a, b], (states, elements) => {
      const next = tanh(add(mul(at(states, 0), at(elements, 1)), at(elements, 0)));
      return [next, mul(next, at(elements, 1))];
    });
    return { h: h ?? a, product: product ?? b };
  }),
  small('integers and truth values beside numbers', (s) => {
    const x = s.float('x', [s.symbol('length'), 2]);
    const [sum, count] = scan(
      [s.float('start', [2]), s.ints('count', [2], 0, 3)],
      [x, s.bools('counts', ['length', 2])],
      (states, elements) => {
        const seen = add(at(states, 1), cast(at(elements, 1), 'int32'));
        return [select(less(seen, 4), add(mul(at(states, 0), 0.5), at(elements, 0)), at(states, 0)), seen];
      },
    );
    return { sum: sum ?? x, count: count ?? x };
  }),
  small('what comes from the outside depends on other such things', (s) => {
    const x = s.float('x', [s.symbol('length'), 2]);
    const w = s.float('w', [2], gently);
    const doubled = mul(w, w);
    const all = scan([s.float('start', [2])], [x], ([h], [own]) => [
      add(mul(h ?? 0, doubled), mul(own ?? 0, add(w, doubled))),
    ]);
    return { y: mul(at(all, 0), w) };
  }),
  small('a scan in a scan', (s) => {
    const x = s.float('x', [s.symbol('length'), s.symbol('inner'), 2]);
    const w = s.float('w', [2], gently);
    const outer = scan([s.float('start', [2])], [x], (states, elements) => {
      const inner = scan([at(states, 0)], [at(elements, 0)], ([h], [own]) => [tanh(add(mul(h ?? 0, w), own ?? 0))]);
      return [mul(lastOf(at(inner, 0)), 0.5)];
    });
    return { y: at(outer, 0) };
  }),
  small('one scan after the other, forth and back', (s) => {
    const [batch, length] = [s.symbol('batch'), s.symbol('length')];
    const start = s.float('start', [batch, 2]);
    const weights = s.float('weights', [2, 6], gently);
    const forth = gatedUnit(start, s.float('x', [batch, length, 6]), weights);
    return { y: gatedUnit(start, concat([forth, forth, forth], 2), weights, true) };
  }),
  large('a gated recurrent unit', (s) => gatedUnitOf(s, s.symbol('batch', 60, 65), s.symbol('length', 50, 50), 32)),
];
