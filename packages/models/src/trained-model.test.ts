// A trained model is read from bytes and parsed JSON, over HTTP as from disk, and refuses files that do not fit together.
import { createServer, type Server } from 'node:http';
import { createReferenceBackend } from '@difsr/graph';
import { encodeSafetensors, type SafetensorsTensor } from '@difsr/nn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createRecommender,
  fetchTrainedModel,
  readTrainedModel,
  recommendTask,
  RunError,
  type TrainedModelFiles,
} from './index.js';
import { DIF, FEATURES, numbers, SCHEMA, tiny, weightsOf } from './tiny.test.support.js';
import { traceScores } from './tasks.js';

const model = tiny('dif-sr', DIF);
const values = { ...weightsOf(recommendTask(model, 1)), ...FEATURES };
const tensors = Object.fromEntries(
  Object.entries(values).map(([name, { shape, data }]): [string, SafetensorsTensor] => [
    name,
    data instanceof Int32Array ? { dtype: 'I32', shape, data } : { dtype: 'F32', shape, data: Float32Array.from(data) },
  ]),
);
const tokens = ['', ...Array.from({ length: SCHEMA.items }, (_, i) => `item-${i + 1}`)];
const files: TrainedModelFiles = {
  config: { model: { ...model.config, name: 'dif-sr' } },
  vocabulary: { items: tokens, counts: tokens.map((_, i) => (i * 5) % 12), schema: SCHEMA },
  model: encodeSafetensors(tensors),
};

describe('a trained model from its files', () => {
  it('recommends what the scores say, without what was seen', async () => {
    const trained = readTrainedModel(files);
    const backend = createReferenceBackend();
    const recommender = await createRecommender(trained, backend);
    const { items } = await recommender.recommend(['item-3', 'item-7'], { k: 4, includeSeen: false });
    const history = { dtype: 'int32', shape: [1, 2], data: Int32Array.of(3, 7) } as const;
    const scores = numbers(traceScores(trained.model).scores, { ...trained.tensors, items: history });
    const order = tokens
      .map((_, id) => id)
      .filter((id) => ![0, 3, 7].includes(id))
      .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
    expect(items.map(({ id }) => id)).toEqual(order.slice(0, 4).map((id) => tokens[id]));
    await recommender.dispose();
    await backend.dispose();
  });

  it.each<[string, Partial<TrainedModelFiles>, RegExp]>([
    ['no configuration', { config: [] }, /runs\/a\/config\.json: has no model\.name[^]*cure/],
    ['another model', { config: { model: { name: 'difsr' } } }, /no model "difsr"[^]*choose one of dif-sr/],
    [
      'options that it was not trained with',
      {
        model: encodeSafetensors(tensors, {
          model: 'dif-sr',
          options: JSON.stringify({ ...model.config, heads: 1, fusion: 'gate' }),
        }),
      },
      /runs\/a\/config\.json: .*model\.heads is 2, was 1; model\.fusion is "sum", was "gate"[^]*cure: put the old values back/,
    ],
    ['no vocabulary', { vocabulary: { items: tokens } }, /vocabulary\.json: missing or not a vocabulary/],
    [
      'a vocabulary of other data',
      { vocabulary: { items: tokens.slice(1), schema: SCHEMA } },
      /holds 12 items, vocabulary\.json 11: [^]*cure: copy the whole folder/,
    ],
    ['a truncated file', { model: files.model.subarray(0, 99) }, /model\.safetensors: .*truncated/],
  ])('refuses %s', (_, changed, message) => {
    const read = (): unknown => readTrainedModel({ ...files, ...changed }, 'runs/a');
    expect(read).toThrow(RunError);
    expect(read).toThrow(message);
  });

  it.each<[unknown, object, RegExp]>([
    [['item-3'], { k: 0, includeSeen: false }, /k is a whole number from 1 on, got 0/],
    [['item-3'], { k: NaN, includeSeen: false }, /k is a whole number from 1 on, got NaN/],
    [['item-3'], { k: -3, includeSeen: false }, /got -3/],
    [['item-3'], { k: 2.5, includeSeen: false }, /got 2\.5/],
    [['item-3'], { k: '5', includeSeen: false }, /got "5"/],
    [[], { k: 0, includeSeen: false }, /got 0/],
    [['item-3'], { includeSeen: false }, /needs the option "k"/],
    [['item-3'], { k: 2, includeSeen: 'no' }, /includeSeen is true or false, got "no"/],
    [['item-3'], { k: 2, includeSeen: false, includeSen: true }, /no option "includeSen"/],
    [
      ['item-3', 7],
      { k: 2, includeSeen: false },
      /history\[1\] is 7 \(number\), ids are texts .*\n {2}cure: write '7'/,
    ],
    [[9007199254740993n], { k: 2, includeSeen: false }, /history\[0\] is 9007199254740993 \(bigint\)/],
    ['item-3', { k: 2, includeSeen: false }, /the history is a list of item ids, got string/],
    [[null], { k: 2, includeSeen: false }, /history\[0\] is null/],
  ])('refuses what is no history and no count (%#)', async (history, options, message) => {
    const backend = createReferenceBackend();
    const recommender = await createRecommender(readTrainedModel(files, 'run'), backend);
    // As callers without types write.
    const asked = recommender.recommend(history as string[], options as { k: number; includeSeen: boolean });
    await expect(asked).rejects.toThrow(RunError);
    await expect(asked).rejects.toThrow(message);
    await backend.dispose();
  });

  it('refuses tensors of another shape when they are needed', async () => {
    const other = readTrainedModel({ ...files, config: { model: { ...model.config, name: 'dif-sr', innerSize: 7 } } });
    await expect(createRecommender(other, createReferenceBackend())).rejects.toThrow(/has shape \[.*the model needs/);
  });

  it('refuses parameters that are not numbers, and names the tensor', async () => {
    const { shape = [], data: whole = [] } = values['items.weight'] ?? {};
    const data = Float32Array.from(whole);
    data[20] = Number.NaN;
    const model = encodeSafetensors({ ...tensors, 'items.weight': { dtype: 'F32', shape, data } });
    const creating = createRecommender(readTrainedModel({ ...files, model }, 'runs/a'), createReferenceBackend());
    await expect(creating).rejects.toThrow(RunError);
    await expect(creating).rejects.toThrow(
      /model\.safetensors: tensor "items\.weight" holds NaN at position 20\n {2}cure/,
    );
  });
});

describe('over HTTP', () => {
  let server: Server;
  let url = '';
  beforeAll(async () => {
    const served: Readonly<Record<string, string | Uint8Array>> = {
      '/run/config.json': JSON.stringify(files.config),
      '/run/vocabulary.json': JSON.stringify(files.vocabulary),
      '/run/model.safetensors': files.model,
      '/half/config.json': '{',
    };
    server = createServer(({ url: path = '' }, response) => {
      const body = served[path];
      response.writeHead(body === undefined ? 404 : 200).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  });
  afterAll(() => void server.close());

  it('is the same model', async () => {
    const trained = await fetchTrainedModel(`${url}/run/`);
    expect(trained.tensors).toEqual(readTrainedModel(files).tensors);
    expect(trained.folder).toBe(`${url}/run`);
  });

  it('says which file cannot be had, and why', async () => {
    await expect(fetchTrainedModel(`${url}/nowhere`)).rejects.toThrow(
      /nowhere\/\S+: the server answered 404\n {2}cure: serve/,
    );
    await expect(fetchTrainedModel(`${url}/half`)).rejects.toThrow(RunError);
  });
});
