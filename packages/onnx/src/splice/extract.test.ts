// A part of a model computes what it computed in the whole, and nothing is taken that is not said.
import { describe, expect, it } from 'vitest';
import { describeOnnx, OnnxModelError } from '../file/decode.js';
import { floats, host, model, node, value } from '../models.test.support.js';
import { TensorProto_DataType } from '../protobuf/onnx_pb.js';
import { loadModel } from '../run.test.support.js';
import { extractOnnx } from './extract.js';

const { FLOAT } = TensorProto_DataType;
const data = Float32Array.of(0.5, -1, 2, 0.25, 3, -0.125);
const tensor = { dtype: 'float32', shape: [2, 3], data } as const;
const shape = ['batch', 3] as const;

async function run(bytes: Uint8Array, input: string): Promise<Record<string, number[]>> {
  const loaded = await loadModel(bytes);
  const results = await loaded.run({ [input]: tensor });
  await loaded.dispose();
  return Object.fromEntries(Object.entries(results).map(([name, result]) => [name, [...result.data]]));
}

describe('extractOnnx', () => {
  it('gives the nodes and weights between two tensors, at the operator set of the model', async () => {
    const part = extractOnnx(host(FLOAT, { opset: 11 }), { inputs: { h: shape }, outputs: ['y'] });
    const { inputs, outputs, nodes, initializers, opsets } = describeOnnx(part);
    expect(inputs).toEqual([{ name: 'h', type: 'float', shape: ['batch', 3] }]);
    expect(outputs.map(({ name }) => name)).toEqual(['y']);
    expect([nodes.map(({ type }) => type), initializers, opsets]).toEqual([['Tanh', 'Add'], [], { '': 11 }]);
    const { y } = await run(part, 'h');
    data.forEach((h, i) => expect(y?.[i]).toBeCloseTo(Math.tanh(h) + h, 5));
  });

  it('computes what the whole does, of several outputs as well', async () => {
    const whole = extractOnnx(host(), { inputs: { x: shape }, outputs: ['y', 'h'] });
    expect((await run(whole, 'x'))['y']).toEqual((await run(host(), 'x'))['y']);
    expect((await run(whole, 'x'))['h']).toEqual([...data].map((x, i) => x * ((i % 3) + 1)));
  });

  it('lists tensors among the inputs where the old file format wants them there', async () => {
    const old = model(
      {
        input: [value('x', FLOAT, ['batch', 3]), value('w', FLOAT, [3]), value('unused', FLOAT, [1])],
        output: [value('y', FLOAT, ['batch', 3])],
        initializer: [floats('w', [3], [1, 2, 3]), floats('unused', [1], [1])],
        node: [node('Mul', 'x w', 'h'), node('Tanh', 'h', 'y')],
      },
      { opset: 9, ir: 3 },
    );
    const part = extractOnnx(old, { inputs: { x: shape }, outputs: ['h'] });
    expect(describeOnnx(part).initializers.map(({ name }) => name)).toEqual(['w']);
    expect((await run(part, 'x'))['h']).toEqual([...data].map((x, i) => x * ((i % 3) + 1)));
  });

  it.each([
    [
      { inputs: { old: shape }, outputs: ['y'] },
      /^the outputs also need "x", which the inputs do not give\n {2}cure: add it to the inputs/,
    ],
    [{ inputs: { hh: shape }, outputs: ['y'] }, /no tensor "hh"; the nearest names are "h"/],
    [{ inputs: { x: shape }, outputs: ['z'] }, /no tensor "z"/],
    [
      { inputs: { x: ['batch', 4] }, outputs: ['y'] },
      /"x" is \[batch, 3\] in the model, to be declared as \[batch, 4\]/,
    ],
  ] as const)('refuses %j', (extraction, message) => {
    expect(() => extractOnnx(host(), extraction)).toThrow(OnnxModelError);
    expect(() => extractOnnx(host(), extraction)).toThrow(message);
  });
});
