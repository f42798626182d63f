// The weights of the attentions in the two encoders that models/encoders.test.py wrote.
import type { HostTensor } from '@difsr/graph';
import { describeOnnx, readOnnxTensors, transposed } from '@difsr/onnx';
import type { Values } from '../values.test.support.js';

/** A projection of an exported encoder: the bias is named, the matrix stands in the MatMul that the bias is added to. */
function projection(model: Uint8Array, path: string): { readonly weight: HostTensor; readonly bias: HostTensor } {
  const node = describeOnnx(model).nodes.find(({ name }) => name === `${path}/MatMul`);
  const names = [node?.inputs[1] ?? '', `${path.slice(1).replaceAll('/', '.')}.bias`];
  const tensors = readOnnxTensors(model, names);
  const [weight, bias] = names.map((name) => tensors[name]);
  if (weight === undefined || bias === undefined) throw new Error(`no projection ${path}`);
  return { weight: transposed(weight), bias };
}

/** The attention's weights of the BERT-like encoder, under our names. */
export function bertWeights(bert: Uint8Array, layer: number): Values {
  return Object.fromEntries(
    ['query', 'key', 'value', 'output'].flatMap((name) => {
      const { weight, bias } = projection(bert, `/layer.${layer}/attention/${name}`);
      return [
        [`${name}.weight`, weight],
        [`${name}.bias`, bias],
      ];
    }),
  );
}

/** Those of the SASRec-like encoder, whose projections are packed in one. */
export function sasrecWeights(sasrec: Uint8Array, layer: number): Values {
  const packed = projection(sasrec, `/layer.${layer}/attention/in_proj`);
  const output = projection(sasrec, `/layer.${layer}/attention/out_proj`);
  const part = ({ data }: HostTensor, i: number, size: number): Float32Array =>
    Float32Array.from(data.subarray(i * size, (i + 1) * size));
  const entries = ['query', 'key', 'value'].flatMap((name, i): [string, HostTensor][] => [
    [`${name}.weight`, { dtype: 'float32', shape: [16, 16], data: part(packed.weight, i, 256) }],
    [`${name}.bias`, { dtype: 'float32', shape: [16], data: part(packed.bias, i, 16) }],
  ]);
  return { ...Object.fromEntries(entries), 'output.weight': output.weight, 'output.bias': output.bias };
}
