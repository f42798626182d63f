// What is read out of .onnx files: their structure, and tensors of every kind that an exporter writes.
import type { HostTensor } from '@difsr/graph';
import fc from 'fast-check';
import { AttributeProto_AttributeType, TensorProto_DataType } from '../protobuf/onnx_pb.js';
import { describe, expect, it } from 'vitest';
import { describeOnnx, OnnxModelError, readOnnxTensors, transposed } from './decode.js';
import { floats, host, node, value } from '../models.test.support.js';

const { FLOAT, FLOAT16, INT64, BOOL, DOUBLE } = TensorProto_DataType;

it('describes a model: format, operator sets, inputs without weights, nodes and tensors', () => {
  const input = [value('x', FLOAT, ['batch', 3]), value('w', FLOAT, [3])];
  const { nodes, ...rest } = describeOnnx(host(FLOAT, { opset: 13, ir: 7 }, { input }));
  expect(rest).toEqual({
    irVersion: 7,
    producer: '',
    opsets: { '': 13 },
    metadata: {},
    inputs: [{ name: 'x', type: 'float', shape: ['batch', 3] }],
    outputs: [{ name: 'y', type: 'float', shape: ['batch', 3] }],
    initializers: [{ name: 'w', type: 'float', shape: [3] }],
  });
  expect(nodes.map(({ type }) => type)).toEqual(['Mul', 'Tanh', 'Add']);
  expect(nodes[0]).toEqual({ name: 'node h', type: 'Mul', inputs: ['x', 'w'], outputs: ['h'] });
});

describe('readOnnxTensors', () => {
  it('reads floats of every width, integers and truth values, raw or listed, of initializers and constants', () => {
    const raw = (
      array: Float32Array | Float64Array | Uint16Array | BigInt64Array | Int32Array,
    ): Uint8Array<ArrayBuffer> => Uint8Array.from(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    const bytes = host(
      FLOAT,
      {},
      {
        initializer: [
          floats('listed', [2], [1, -2]),
          { name: 'raw', dataType: FLOAT, dims: [1n, 2n], rawData: raw(Float32Array.of(3, 4)) },
          { name: 'double', dataType: DOUBLE, dims: [2n], rawData: raw(Float64Array.of(0.5, 6)) },
          { name: 'half', dataType: FLOAT16, dims: [4n], rawData: raw(Uint16Array.of(0x3c00, 0xc100, 0x0001, 0x7c00)) },
          { name: 'ids', dataType: INT64, dims: [2n], rawData: raw(BigInt64Array.of(7n, -8n)) },
          { name: 'large', dataType: INT64, dims: [1n], int64Data: [2n ** 40n] },
          { name: 'flags', dataType: BOOL, dims: [2n], int32Data: [0, 1] },
          floats('w', [3], [1, 2, 3]),
        ],
        node: [
          node('Constant', '', 'inside', {
            attribute: [{ name: 'value', type: AttributeProto_AttributeType.TENSOR, t: floats('', [], [9]) }],
          }),
        ],
      },
    );
    const read = readOnnxTensors(bytes);
    expect(Object.fromEntries(Object.entries(read).map(([name, { data }]) => [name, [...data]]))).toEqual({
      listed: [1, -2],
      raw: [3, 4],
      double: [0.5, 6],
      half: [1, -2.5, 2 ** -24, Infinity],
      ids: [7, -8],
      flags: [0, 1],
      w: [1, 2, 3],
      inside: [9],
    });
    expect(read['raw']?.shape).toEqual([1, 2]);
    expect(() => readOnnxTensors(bytes, ['large'])).toThrow(/"large" has integers beyond 32 bits/);
    expect(() => readOnnxTensors(bytes, ['listet'])).toThrow(/no tensor "listet".*"listed"/);
  });

  it('transposes matrices', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 }), (rows, columns) => {
        const data = Float32Array.from({ length: rows * columns }, (_, i) => i);
        const matrix: HostTensor = { dtype: 'float32', shape: [rows, columns], data };
        const turned = transposed(matrix);
        for (let i = 0; i < rows; i++)
          for (let j = 0; j < columns; j++) expect(turned.data[j * rows + i]).toBe(data[i * columns + j]);
        expect(transposed(turned)).toEqual(matrix);
      }),
    );
    expect(() => transposed({ dtype: 'float32', shape: [3], data: new Float32Array(3) })).toThrow(OnnxModelError);
  });
});
