// The table of operator forms: every op that can be written at an operator set computes there what the reference says, and
// the others say so.
import { createGraph, GraphError, input, mul, opNames, type Backend } from '@difsr/graph';
import { conformanceCases, runCase } from '@difsr/graph/conformance';
import { describe, expect, it } from 'vitest';
import { lowerModel, toOnnx } from '../lower/to-onnx.js';
import { distinct, modelBackend } from '../run.test.support.js';
import { opsetRange, withOpset } from './opset.js';

const cases = [...conformanceCases()].filter(
  ({ kind, name }) => kind !== 'exact' && kind !== 'gradient' && !name.includes('large'),
);

/** Runs graphs as files of one operator set. */
const fileBackend = (opset: number): Backend =>
  modelBackend(
    (graph) => toOnnx(distinct(graph), { target: 'export', opset }),
    (_, output) => `${output}.out`,
  );

describe.each([9, 11, 22])('at opset %d', (opset) => {
  it('each op computes what the reference does, or is refused', async () => {
    const failures: string[] = [];
    const refused = new Set<string>();
    for (const example of cases) {
      try {
        lowerModel(distinct(example.build().graph), { target: 'export', opset });
      } catch (error) {
        if (!(error instanceof GraphError) || !/opset|is not known/.test(error.message)) throw error;
        refused.add(example.op);
        continue;
      }
      const { pass, detail } = await runCase(fileBackend(opset), example);
      if (!pass) failures.push(detail);
    }
    expect(failures).toEqual([]);
    // What attention is made of can be written everywhere.
    const needed = ['matmul', 'softmax', 'transpose', 'reshape', 'select', 'gather', 'slice', 'concat', 'iota', 'less'];
    expect(needed.filter((op) => refused.has(op))).toEqual([]);
    expect(opNames.filter((op) => needed.includes(op))).toHaveLength(needed.length);
  });
});

describe('withOpset', () => {
  const model = lowerModel(createGraph({ y: mul(input('x', ['n', 2]), 3) }), { target: 'export' });

  it('takes the file format that came with the operator set', () => {
    const formats = [9, 11, 14, 15, 19, 21, 23, 25].map((opset) => withOpset(model, opset).irVersion);
    expect(formats).toEqual([4, 6, 7, 8, 9, 10, 11, 13]);
    expect(withOpset(model, 17)).toBe(model);
  });

  it('refuses what is out of range', () => {
    for (const opset of [opsetRange.oldest - 1, opsetRange.newest + 1, 12.5, NaN])
      expect(() => withOpset(model, opset)).toThrow(/cannot be written \(allowed: 9 to 26\)/);
  });
});
