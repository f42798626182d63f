// The interpreter: what it refuses at run time, what it holds, and in which precision it computes.
import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../backend.js';
import {
  add,
  apply,
  cast,
  gather,
  gatherLast,
  input,
  iota,
  mul,
  neg,
  pad,
  reshape,
  scatterAdd,
  scatterAddLast,
  size,
  slice,
  tableCrossEntropy,
  topK,
} from '../build.js';
import { createGraph } from '../graph.js';
import { fillMask } from '../random.js';
import { at, GraphError } from '../types.js';
import type { Tensor } from '../signatures.js';
import { createReferenceBackend, evaluate } from './index.js';
import { plan } from './interpret.js';
import { floats, ints, bits, valueOf, x, ids } from './reference.test.support.js';

describe('errors at run time', () => {
  const cases: [string, Tensor, Record<string, HostTensor>, string][] = [
    [
      'an id past the table',
      gather(x(3, 1), ids(2)),
      { x: floats([3, 1], 1, 2, 3), ids: ints([2], 0, 3) },
      'gather: id 3 at position 1 of ids [2] is outside 0..2',
    ],
    [
      'a negative id',
      gather(x(3, 1), ids(2)),
      { x: floats([3, 1], 1, 2, 3), ids: ints([2], -1, 3) },
      'gather: id -1 at position 0',
    ],
    [
      'an id past the zeros',
      scatterAdd(ids(1), x(1), [4]),
      { x: floats([1], 1), ids: ints([1], 4) },
      'scatterAdd: id 4',
    ],
    [
      'an id past the last axis',
      gatherLast(x(1, 2), ids(1, 1)),
      { x: floats([1, 2], 1, 2), ids: ints([1, 1], 2) },
      'gatherLast: id 2',
    ],
    [
      'an id past the width',
      scatterAddLast(ids(1), x(1), 2),
      { x: floats([1], 1), ids: ints([1], 2) },
      'scatterAddLast: id 2',
    ],
    [
      'a target that is no class',
      tableCrossEntropy(x('t', 1), input('w', [3, 1]), ids('t'), 1),
      { x: floats([1, 1], 1), w: floats([3, 1], 1, 2, 3), ids: ints([1], 0) },
      'target 0 of row 0 is outside 1..2',
    ],
    [
      'a slice past a symbolic size',
      add(slice(x(3), 0, 0, 'n'), input('z', ['n'])),
      { x: floats([3], 1, 2, 3), z: floats([4], 1, 2, 3, 4) },
      'end n = 4 is past axis 0 of [3]',
    ],
    [
      'a pad past a symbolic size',
      add(pad(x(3), 0, 0, 'n'), input('z', ['n'])),
      { x: floats([3], 1, 2, 3), z: floats([2], 1, 2) },
      '0 + 3 is past axis 0 of [2]',
    ],
    ['more than a symbolic axis has', topK(x('n'), 3).values, { x: floats([2], 1, 2) }, 'k 3 outside 1..2'],
    ['a symbol that no input binds', size('n'), {}, 'dimension "n" is not bound by any input'],
    [
      'two sizes for one symbol',
      add(x('n'), input('z', ['n'])),
      { x: floats([2], 1, 2), z: floats([3], 1, 2, 3) },
      'input "z" is float32[n], got shape [3] (n = 2 by input "x")',
    ],
    ['data that does not fill its shape', neg(x(3)), { x: floats([3], 1, 2) }, '"x" has 2 elements for shape [3]'],
    [
      'data of another kind',
      neg(x(1)),
      { x: { dtype: 'float32', shape: [1], data: Int32Array.of(1) } },
      'whose data is a Float32Array or Float64Array, got a Int32Array',
    ],
    ['another dtype', neg(x(1)), { x: ints([1], 1) }, 'input "x" is float32[1], got int32[1]'],
  ];
  it.each(cases)('name %s', (_, y, feeds, message) => {
    expect(() => valueOf(y, feeds)).toThrow(GraphError);
    expect(() => valueOf(y, feeds)).toThrow(message);
  });
});

describe('the interpreter', () => {
  it('drops every value after its last use, and keeps outputs', () => {
    const a = input('a', [1]);
    const [b, unused] = [mul(a, a), apply('topK', [a], { k: 1 })];
    const c = add(b, at(unused, 0));
    const graph = createGraph({ b, d: neg(c) });
    const { lastUses } = plan(graph);
    const byNode = graph.nodes.map(({ op }, i) => [
      op,
      at(lastUses, i).map((id) => graph.nodes.find((node) => node.id === id)?.op),
    ]);
    expect(byNode).toEqual([
      ['input', []],
      ['mul', []],
      ['topK', ['input']],
      ['add', ['topK']],
      ['neg', ['add']],
    ]);
  });

  it('makes masks from keys, the bits of fillMask', () => {
    const key = { seed: 4, step: 2, stream: 9 };
    const y = cast(input('keep', ['n', 3], 'bool'), 'float32');
    const { data } = evaluate(createGraph({ y }), { keep: { mask: key, rate: 0.25, shape: [5, 3] } })['y']!;
    expect([...data]).toEqual([...fillMask(key, 0.25, new Uint8Array(15))]);
  });

  it('computes float32 tensors in double precision', async () => {
    const backend = createReferenceBackend();
    const program = await backend.compile(createGraph({ y: add(x(1), 1e-12) }));
    const { y } = await program.run({ x: { dtype: 'float32', shape: [1], data: Float32Array.of(1) } });
    expect(y!.data).toEqual(Float64Array.of(1 + 1e-12));
  });

  it('reads any nonzero byte of a bool as true', () => {
    expect(valueOf(cast(input('m', [3], 'bool'), 'float32'), { m: bits([3], 0, 1, 255) })).toEqual([0, 1, 1]);
  });

  it('has iota of known and symbolic sizes', () => {
    expect(valueOf(iota(4))).toEqual([0, 1, 2, 3]);
    expect(valueOf(add(reshape(iota('n'), [1, 'n']), ids('n')), { ids: ints([3], 5, 5, 5) })).toEqual([5, 6, 7]);
  });
});
