// A graph spliced into models of many kinds: what must hold whatever the graph is.
import { equals } from '@bufbuild/protobuf';
import {
  add,
  createGraph,
  input,
  mul,
  neg,
  relu,
  reshape,
  select,
  sigmoid,
  softmax,
  tanh,
  type HostTensor,
} from '@difsr/graph';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import {
  AttributeProto_AttributeType,
  NodeProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
  type NodeProto,
} from '../protobuf/onnx_pb.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeModel, describeOnnx, OnnxModelError, readOnnxTensors } from '../file/decode.js';
import { floats, host, model, node, value } from '../models.test.support.js';
import { spliceGraph, type Splice } from './splice.js';

const { GRAPH, INT } = AttributeProto_AttributeType;
const { FLOAT, FLOAT16, INT64, INT32, BOOL, UINT8, DOUBLE } = TensorProto_DataType;

const half = createGraph({ out: mul(input('h', ['batch', 3]), 0.5) });
const x = Float32Array.of(0.5, -1, 2, 0.25, 3, -0.125);
/** (1 + 1/2) x w */
const expected = Array.from(x, (one, i) => 1.5 * one * ((i % 3) + 1));

async function run(bytes: Uint8Array, more: Record<string, Tensor> = {}): Promise<number[]> {
  const session = await InferenceSession.create(bytes);
  const { y } = await session.run({ x: new Tensor('float32', x, [2, 3]), ...more });
  await session.release();
  return Array.from(y?.data ?? [], Number);
}

describe('a spliced model', () => {
  it('computes what the graph says where the old tensor was', async () => {
    expect(await run(spliceGraph(host(), { graph: half, replace: 'old', connect: { h: 'h' } }))).toEqual(expected);
  });

  it('keeps every other node, byte by byte', () => {
    const nodesOf = (bytes: Uint8Array): NodeProto[] => decodeModel(bytes).graph.node;
    const before = nodesOf(host()).filter(({ opType }) => opType !== 'Tanh');
    const after = nodesOf(spliceGraph(host(), { graph: half, replace: 'old', connect: { h: 'h' } }));
    const others = after.filter(({ name }) => !name.startsWith('dif/'));
    expect(others.length).toBe(2);
    others.forEach((each, i) => {
      const same = before[i];
      expect(same !== undefined && equals(NodeProtoSchema, each, same)).toBe(true);
    });
  });

  it.each([
    ['float16', FLOAT16],
    ['double', DOUBLE],
  ])('of %s stays one: the new part converts at its edges', async (_, type) => {
    const bytes = spliceGraph(host(type), { graph: half, replace: 'old', connect: { h: 'h' } });
    const casts = describeOnnx(bytes).nodes.filter((each) => each.type === 'Cast' && each.name.startsWith('dif/'));
    expect(casts).toHaveLength(2);
    (await run(bytes)).forEach((each, i) => expect(each).toBeCloseTo(expected[i] ?? NaN, 2));
  });

  it('of the oldest format has each new tensor as an input, as that format wants', async () => {
    const old = host(FLOAT, { ir: 3, opset: 9 }, { input: [value('x', FLOAT, ['batch', 3]), value('w', FLOAT, [3])] });
    const scaled = createGraph({ out: mul(input('h', ['batch', 3]), input('scale', [3])) });
    const scale: HostTensor = { dtype: 'float32', shape: [3], data: Float32Array.of(0.5, 0.5, 0.5) };
    const bytes = spliceGraph(old, { graph: scaled, replace: 'old', connect: { h: 'h' }, initializers: { scale } });
    expect(await run(bytes)).toEqual(expected);
    expect(decodeModel(bytes).graph.input.map(({ name }) => name)).toEqual(['x', 'w', 'dif/scale']);
  });

  it('gets new inputs with the sizes that the model gives its own, once for two splices', async () => {
    const graph = createGraph({ out: add(input('h', ['batch', 3]), input('side', ['batch', 3])) });
    const connect = { h: 'h', side: { input: 'side' } };
    const two = host(
      FLOAT,
      {},
      {
        input: [value('x', FLOAT, ['N', 3])],
        node: [node('Relu', 'y', 'z'), node('Identity', 'z', 'end')],
        output: [value('y', FLOAT, ['N', 3]), value('end', FLOAT, ['N', 3])],
        valueInfo: [value('h', FLOAT, ['N', 3])],
      },
    );
    const once = spliceGraph(two, { graph, replace: 'old', connect });
    const twice = spliceGraph(once, { graph, replace: 'z', connect: { ...connect, h: 'y' } });
    expect(describeOnnx(twice).inputs).toEqual([
      { name: 'x', type: 'float', shape: ['N', 3] },
      { name: 'side', type: 'float', shape: ['N', 3] },
    ]);
    const names = describeOnnx(twice).nodes.map(({ name }) => name);
    expect(names.some((name) => name.startsWith('dif/'))).toBe(true);
    expect(names.some((name) => name.startsWith('dif_2/'))).toBe(true);
    const side = new Tensor('float32', new Float32Array(6).fill(1), [2, 3]);
    expect(await run(twice, { side })).toEqual(Array.from(x, (one, i) => 2 * one * ((i % 3) + 1) + 1));
  });

  it('reads ids and masks of any integer type', async () => {
    const graph = createGraph({
      out: select(input('mask', ['batch', 3], 'bool'), mul(input('h', ['batch', 3]), 0.5), 0),
    });
    const ones: readonly [number, Tensor][] = [
      [INT64, new Tensor('int64', new BigInt64Array(6).fill(1n), [2, 3])],
      [INT32, new Tensor('int32', new Int32Array(6).fill(1), [2, 3])],
      [BOOL, new Tensor('bool', new Uint8Array(6).fill(1), [2, 3])],
      [UINT8, new Tensor('uint8', new Uint8Array(6).fill(1), [2, 3])],
    ];
    for (const [type, m] of ones) {
      const bytes = host(FLOAT, {}, { input: [value('x', FLOAT, ['batch', 3]), value('m', type, ['batch', 3])] });
      const spliced = spliceGraph(bytes, { graph, replace: 'old', connect: { h: 'h', mask: 'm' } });
      expect(await run(spliced, { m })).toEqual(expected);
    }
  });

  it('keeps a tensor that only the body of an If reads, and puts the new part before that If', async () => {
    const body = (name: string) => ({
      name,
      node: [node('Mul', 'old w', `${name} result`.replace(' ', '_'))],
      output: [value(`${name}_result`, FLOAT)],
    });
    const attribute = [
      { name: 'then_branch', type: GRAPH, g: body('yes') },
      { name: 'else_branch', type: GRAPH, g: body('no') },
    ];
    const bytes = model({
      input: [value('x', FLOAT, ['batch', 3]), value('c', BOOL, [])],
      output: [value('y', FLOAT, ['batch', 3])],
      initializer: [floats('w', [3], [1, 2, 3]), floats('dead', [1], [5])],
      node: [
        node('Mul', 'x w', 'h'),
        node('Add', 'h dead', 'unused'),
        node('Tanh', 'h', 'old'),
        node('If', 'c', 'y', { attribute }),
      ],
    });
    const spliced = spliceGraph(bytes, { graph: half, replace: 'old', connect: { h: 'h' } });
    expect(await run(spliced, { c: new Tensor('bool', [true], []) })).toEqual(
      Array.from(x, (one, i) => 0.5 * one * ((i % 3) + 1) ** 2),
    );
    expect(describeOnnx(spliced).initializers.map(({ name }) => name)).not.toContain('dead');
    expect(() => spliceGraph(bytes, { graph: half, replace: 'yes_result', connect: { h: 'h' } })).toThrow(
      /inside the body of a node If/,
    );
  });

  it('leaves the other results of the node whose result it takes', async () => {
    const bytes = model({
      input: [value('x', FLOAT, ['batch', 3])],
      output: [value('y', FLOAT)],
      initializer: [{ name: 'sizes', dataType: INT64, dims: [2n], int64Data: [1n, 2n] }],
      node: [
        node('Split', 'x sizes', 'first rest', { attribute: [{ name: 'axis', type: INT, i: 1n }] }),
        node('Concat', 'rest first', 'y', { attribute: [{ name: 'axis', type: INT, i: 1n }] }),
      ],
    });
    const graph = createGraph({ out: mul(input('h', ['batch', 1]), 10) });
    const sliced = spliceGraph(bytes, { graph, replace: 'rest', connect: { h: 'first' } });
    expect(await run(sliced)).toEqual([5, 0.5, 2.5, 0.25]);
  });

  it('may read what the file computes later, as long as there is no circle', async () => {
    const bytes = host(
      FLOAT,
      {},
      { node: [node('Mul', 'x x', 'later')], output: [value('y', FLOAT), value('later', FLOAT)] },
    );
    const spliced = spliceGraph(bytes, { graph: half, replace: 'old', connect: { h: 'later' } });
    expect(await run(spliced)).toEqual(Array.from(x, (one, i) => one * ((i % 3) + 1) + 0.5 * one * one));
    expect(() => spliceGraph(bytes, { graph: half, replace: 'old', connect: { h: 'y' } })).toThrow(/a circle/);
  });

  it('keeps tensors in other files as they are', () => {
    const external = {
      name: 'w',
      dataType: FLOAT,
      dims: [3n],
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: [{ key: 'location', value: 'weights.bin' }],
    };
    const bytes = host(FLOAT, {}, { initializer: [external] });
    const { graph } = decodeModel(spliceGraph(bytes, { graph: half, replace: 'old', connect: { h: 'h' } }));
    expect(graph.initializer.find(({ name }) => name === 'w')?.externalData[0]?.value).toBe('weights.bin');
    expect(() => readOnnxTensors(bytes, ['w'])).toThrow(/lies in a file of its own/);
  });

  it('has whatever opset it had, whatever the graph', async () => {
    const graph = createGraph({
      out: reshape(softmax(reshape(input('h', ['batch', 3]), ['batch', 1, 3])), ['batch', 3]),
    });
    for (const opset of [9, 10, 11, 12, 13, 14, 17, 18, 20, 21, 22]) {
      const bytes = spliceGraph(host(FLOAT, { opset }), { graph, replace: 'old', connect: { h: 'h' } });
      expect(describeOnnx(bytes).opsets).toEqual({ '': opset });
      const rows = [0, 1].map((row) => {
        const h = [...x.subarray(3 * row, 3 * row + 3)].map((one, i) => one * (i + 1));
        const exps = h.map(Math.exp);
        const sum = exps.reduce((a, b) => a + b);
        return h.map((one, i) => one + (exps[i] ?? NaN) / sum);
      });
      (await run(bytes)).forEach((each, i) => expect(each).toBeCloseTo(rows.flat()[i] ?? NaN, 5));
    }
  });
});

it('changes nothing where the graph computes what the tensor was, in random models at random opsets', async () => {
  const unary = ['Tanh', 'Sigmoid', 'Relu', 'Neg'] as const;
  const meanings = { Tanh: tanh, Sigmoid: sigmoid, Relu: relu, Neg: neg } as const;
  const step = fc.record({
    op: fc.constantFrom(...unary, 'Add', 'Sub'),
    inputs: fc.tuple(fc.nat(), fc.nat()),
  });
  const models = fc.record({
    steps: fc.array(step, { minLength: 2, maxLength: 12 }),
    opset: fc.integer({ min: 9, max: 21 }),
    chosen: fc.nat(),
    outputs: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(models, async ({ steps, opset, chosen, outputs }) => {
      const name = (of: number, below: number): string => (of % (below + 1) === 0 ? 'x' : `v${(of % (below + 1)) - 1}`);
      const nodes = steps.map(({ op, inputs: [a, b] }, i) =>
        node(op, op === 'Add' || op === 'Sub' ? `${name(a, i)} ${name(b, i)}` : name(a, i), `v${i}`),
      );
      const ends = [...new Set([...outputs.map((of) => `v${of % steps.length}`), `v${steps.length - 1}`])];
      const bytes = model(
        { input: [value('x', FLOAT, ['n', 3])], output: ends.map((end) => value(end, FLOAT, ['n', 3])), node: nodes },
        { opset },
      );
      const places = nodes.flatMap(({ opType = '', input: read = [], output: [own = ''] = [] }) =>
        opType === 'Tanh' || opType === 'Sigmoid' || opType === 'Relu' || opType === 'Neg'
          ? [{ meaning: meanings[opType], from: read[0] ?? '', own }]
          : [],
      );
      const place = places[chosen % Math.max(1, places.length)];
      if (place === undefined) return;
      const graph = createGraph({ out: place.meaning(input('h', ['n', 3])) });
      const attempt = (): Uint8Array => spliceGraph(bytes, { graph, replace: place.own, connect: { h: place.from } });
      const needed = new Set(ends);
      for (const { input: read = [], output: [own = ''] = [] } of nodes.toReversed())
        if (needed.has(own)) for (const each of read) needed.add(each);
      if (!needed.has(place.own)) {
        expect(attempt).toThrow(/no output of the model depends on/);
        return;
      }
      const spliced = attempt();
      expect(describeOnnx(spliced).opsets).toEqual({ '': opset });
      const [before, after] = [await runAll(bytes), await runAll(spliced)];
      expect(Object.keys(after)).toEqual(Object.keys(before));
      for (const [end, values] of Object.entries(before))
        values.forEach((each, i) => expect(after[end]?.[i]).toBeCloseTo(each, 5));
    }),
    { numRuns: 40 },
  );
});

async function runAll(bytes: Uint8Array): Promise<Record<string, number[]>> {
  const session = await InferenceSession.create(bytes);
  const results = await session.run({ x: new Tensor('float32', x, [2, 3]) });
  await session.release();
  return Object.fromEntries(session.outputNames.map((name) => [name, Array.from(results[name]?.data ?? [], Number)]));
}

describe('what does not fit is refused:', () => {
  const connect = { h: 'h' };
  const refused = (bytes: Uint8Array, options: Partial<Splice>) => (): Uint8Array =>
    spliceGraph(bytes, { graph: half, replace: 'old', connect, ...options });

  it.each([
    ['bytes that are no model', Uint8Array.of(1, 2, 3), {}, /3 bytes are no ONNX model/],
    ['no bytes at all', new Uint8Array(0), {}, /0 bytes are no ONNX model/],
    ['an opset that is too old', host(FLOAT, { opset: 8 }), {}, /opset 8; 9 to 26 .*version_converter/],
    ['an opset from the future', host(FLOAT, { opset: 40 }), {}, /opset 40; 9 to 26/],
    ['another width', host(), { connect: { h: 'w' } }, /"w" \(for "h"\) is \[3\], \[batch, 3\] is needed/],
    [
      'a result of another width',
      host(FLOAT, {}, { valueInfo: [value('old', FLOAT, ['batch', 4])] }),
      {},
      /"old" \(to be replaced\) is \[batch, 4\]/,
    ],
    [
      'quantized values',
      host(FLOAT, {}, { valueInfo: [value('h', UINT8, ['batch', 3])] }),
      {},
      /"h" holds uint8, floats are needed: .*DequantizeLinear/,
    ],
    [
      'a quantized result',
      host(FLOAT, {}, { valueInfo: [value('old', UINT8, ['batch', 3])] }),
      {},
      /"old" holds uint8.*QuantizeLinear/,
    ],
    ['an input that is not connected', host(), { connect: {} }, /"h" \(float32\[batch, 3\]\) is connected to nothing/],
    [
      'a connection to nothing',
      host(),
      { connect: { h: 'h', g: 'x' } },
      /nothing to connect to "g"; the graph reads h/,
    ],
    [
      'a graph of two outputs',
      host(),
      { graph: createGraph({ a: tanh(input('h', [3])), b: tanh(input('h2', [3])) }) },
      /one output, it has 2/,
    ],
    [
      'a tensor that no output needs',
      host(FLOAT, {}, { node: [node('Relu', 'h', 'idle')] }),
      { replace: 'idle' },
      /no output of the model depends on "idle"/,
    ],
    [
      'two sizes for one dimension',
      host(FLOAT, {}, { input: [value('x', FLOAT, [2, 3]), value('s', FLOAT, [5, 3])] }),
      {
        graph: createGraph({ out: add(input('h', ['batch', 3]), input('s', ['batch', 3])) }),
        connect: { h: 'x', s: 's' },
      },
      /"s" \(for "s"\) is \[5, 3\].* with batch = 2/,
    ],
  ] as const)('%s', (_, bytes, options, message) => {
    expect(refused(bytes, options)).toThrow(OnnxModelError);
    expect(refused(bytes, options)).toThrow(message);
  });
});
