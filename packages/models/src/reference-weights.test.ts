// Weights of the published code, from the golden tensors of the repository: what a model computes with them is what that code computed.
import { readFileSync } from 'node:fs';
import { createGraph, evaluate, type HostTensor } from '@difsr/graph';
import { decodeSafetensors, type SafetensorsTensor } from '@difsr/nn';
import { describe, expect, it } from 'vitest';
import { featureName, findModel, instantiate, readReferenceWeights, traceScores, type ModelInstance } from './index.js';

const FIELDS = [
  { name: 'categories', kind: 'multi-categorical', values: 9, maxValues: 4 },
  { name: 'brand', kind: 'categorical', values: 6, maxValues: 1 },
] as const;
const SIZES = {
  hiddenSize: 16,
  layers: 2,
  heads: 2,
  maxLength: 7,
  hiddenDropout: 0,
  attentionDropout: 0,
  paddingClass: true,
};
const RECURRENT = { hiddenSize: 10, stateSize: 14, layers: 1, maxLength: 7, hiddenDropout: 0, paddingClass: true };
const DIF = {
  ...SIZES,
  innerSize: 20,
  fusion: 'gate',
  fusionForm: 'reference',
  sideWidth: { categories: 8, brand: 4 },
  attributeLoss: { categories: 10, brand: 5 },
};

function golden(name: string): Record<string, SafetensorsTensor> {
  return decodeSafetensors(readFileSync(new URL(`../../../fixtures/reference/${name}.safetensors`, import.meta.url)))
    .tensors;
}

/** The part of a golden file that a state_dict has. */
const stateOf = (tensors: Record<string, SafetensorsTensor>): Record<string, SafetensorsTensor> =>
  Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith('param.') ? [[name.slice('param.'.length), tensor]] : [],
    ),
  );

function modelOf(name: string, options: Record<string, unknown>): ModelInstance {
  const found = findModel(name);
  const model =
    found && instantiate(found, options, { items: 30, fields: ['sasrec', 'gru4rec'].includes(name) ? [] : FIELDS });
  if (model === undefined) throw new Error(`no ${name}`);
  return model;
}

const ints = (tensor: SafetensorsTensor | undefined, ...shape: number[]): HostTensor => ({
  dtype: 'int32',
  shape,
  data: Int32Array.from(tensor?.data ?? [], Number),
});

describe('weights of the published code', () => {
  it.each([
    ['difsr_gate', 'dif-sr', DIF],
    ['sasrecf', 'sasrecf', { ...SIZES, innerSize: 24, fusion: 'concat' }],
    ['sasrec', 'sasrec', { ...SIZES, innerSize: 24 }],
    ['gru4rec', 'gru4rec', RECURRENT],
    ['gru4recf', 'gru4recf', RECURRENT],
  ])('%s: the scores are that code’s, in double precision', (file, name, options) => {
    const tensors = golden(file);
    const model = modelOf(name, options);
    const { tensors: weights, missing, unused } = readReferenceWeights(model, stateOf(tensors));
    expect({ missing, unused }).toEqual({ missing: [], unused: [] });
    const graph = createGraph({ scores: traceScores(model).scores });
    const feeds = {
      ...weights,
      items: ints(tensors['in.item_seq'], 4, 7),
      [featureName('categories')]: ints(tensors['feat.categories'], 31, 4),
      [featureName('brand')]: ints(tensors['feat.brand'], 31, 1),
    };
    const { scores } = evaluate(
      graph,
      Object.fromEntries(Object.entries(feeds).filter(([each]) => graph.inputs.has(each))),
    );
    const truth = tensors['out.scores64'];
    expect(scores?.shape).toEqual(truth?.shape);
    const off = Math.max(...[...(scores?.data ?? [])].map((own, i) => Math.abs(own - Number(truth?.data[i]))));
    expect(off).toBeLessThan(1e-9);
  });

  it('that are missing are named as the file would name them; partial lists them', () => {
    const state = Object.fromEntries(
      Object.entries(stateOf(golden('difsr_gate'))).filter(([name]) => !name.startsWith('feature_embed_layer_list.')),
    );
    const model = modelOf('dif-sr', DIF);
    expect(() => readReferenceWeights(model, state)).toThrow(
      /lack 2 .*feature_embed_layer_list\.0\.token_seq_embedding_table\.item\.0\.weight[^]*cure: .*partial/,
    );
    const { missing, tensors } = readReferenceWeights(model, state, { partial: true });
    expect(missing).toEqual(['fields.categories.weight', 'fields.brand.weight']);
    expect(tensors['items.weight']?.shape).toEqual([31, 16]);
  });

  it('without a use are listed', () => {
    const model = modelOf('dif-sr', { ...DIF, attributeLoss: 0 });
    const { unused } = readReferenceWeights(model, stateOf(golden('difsr_gate')));
    expect(unused.toSorted()).toEqual(['ap.0.bias', 'ap.0.weight', 'ap.1.bias', 'ap.1.weight']);
  });

  it('of another size or type are refused, with both shapes', () => {
    const state = stateOf(golden('difsr_gate'));
    expect(() => readReferenceWeights(modelOf('dif-sr', { ...DIF, innerSize: 24 }), state)).toThrow(
      /dense_1\.weight" \(layers\.0\.feedForward\.input\.weight here\) has shape \[20, 16\], the model needs \[24, 16\]/,
    );
    const ids = { dtype: 'I32', shape: [31, 16], data: new Int32Array(31 * 16) } as const;
    expect(() => readReferenceWeights(modelOf('dif-sr', DIF), { ...state, 'item_embedding.weight': ids })).toThrow(
      /item_embedding\.weight.*dtype I32/,
    );
    const table = 'feature_embed_layer.token_embedding_table.item.embedding.weight';
    const short = { dtype: 'F32', shape: [5, 16], data: new Float32Array(80) } as const;
    expect(() =>
      readReferenceWeights(modelOf('sasrecf', { ...SIZES, innerSize: 24, fusion: 'concat' }), {
        ...stateOf(golden('sasrecf')),
        [table]: short,
      }),
    ).toThrow(/rows 0 to 6 are wanted/);
  });

  it('that are no numbers are refused by name, in double precision and beyond float32 as well', () => {
    const state = stateOf(golden('difsr_gate'));
    const name = 'trm_encoder.layer.0.multi_head_attention.query.weight';
    for (const wrong of [NaN, Infinity, 1e39]) {
      const data = Float64Array.from({ length: 256 }, (_, i) => (i === 37 ? wrong : 0.1));
      const spoilt = { ...state, [name]: { dtype: 'F64', shape: [16, 16], data } as const };
      expect(() => readReferenceWeights(modelOf('dif-sr', DIF), spoilt)).toThrow(
        /query\.weight" \(layers\.0\.attention\.query\.weight here\) holds (NaN|Infinity|1e\+39) at position 37/,
      );
    }
  });

  it('that look transposed are refused with that hint', () => {
    const state = stateOf(golden('difsr_gate'));
    const data = new Float32Array(20 * 16);
    const spoilt = {
      ...state,
      'trm_encoder.layer.0.feed_forward.dense_1.weight': { dtype: 'F32', shape: [16, 20], data } as const,
    };
    expect(() => readReferenceWeights(modelOf('dif-sr', DIF), spoilt)).toThrow(
      /has shape \[16, 20\], the model needs \[20, 16\]. It looks transposed: linear maps are \[out, in\]/,
    );
  });

  it('are read with options that are known alone', () => {
    const state = stateOf(golden('difsr_gate'));
    const options = { partail: true } as object; // as callers without types write
    expect(() => readReferenceWeights(modelOf('dif-sr', DIF), state, options)).toThrow(/no option "partail"/);
  });
});
