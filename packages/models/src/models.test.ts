import { Scope } from '@difsr/nn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  declareInputs,
  difSr,
  findModel,
  instantiate,
  ModelConfigError,
  models,
  scoresAfter,
  selectFields,
  traceScores,
  trainingTask,
  UnknownFieldError,
} from './index.js';
import {
  allPositions,
  DIF,
  FEATURES,
  ints,
  itemsOf,
  lossAndGradients,
  MAX_LENGTH,
  numbers,
  run,
  SCHEMA,
  SEQUENCES,
  steepness,
  taskOf,
  tiny,
  weightsOf,
} from './tiny.test.support.js';

const FUSIONS = ['sum', 'concat', 'gate'];
const EVERY_MODEL = [
  ['sasrec', 'sum'],
  ['gru4rec', 'sum'],
  ['gru4recf', 'sum'],
  ['narm', 'sum'],
  ['p-rnn', 'sum'],
  ['icai-sr', 'sum'],
  ...['dif-sr', 'sasrecf', 'nova'].flatMap((name) => FUSIONS.map((fusion) => [name, fusion] as const)),
] as const;
const RECURRENT = ['gru4rec', 'gru4recf', 'narm', 'p-rnn'];
const optionsOf = (name: string, fusion: string): Record<string, unknown> =>
  ['sasrec', 'icai-sr', ...RECURRENT].includes(name) ? {} : name === 'dif-sr' ? { ...DIF, fusion } : { fusion };

describe('a model that is counted', () => {
  it.each(['popular', 'markov'])('%s has scores and tables, but nothing to train', (name) => {
    const definition = findModel(name) ?? difSr;
    const model = instantiate(definition, {}, SCHEMA);
    expect(scoresAfter(model).scores.shape).toEqual(['batch', SCHEMA.items + 1]);
    const { parameters, constants, parts } = trainingTask(model);
    expect([parameters, parts]).toEqual([[], {}]);
    expect(constants.length).toBeGreaterThan(0);
    expect(() => traceScores(model)).toThrow(`${name} is counted: it has no hidden states`);
    expect(() => model.build(new Scope({ training: true }), declareInputs(model))).toThrow(
      /nothing of it can be trained/,
    );
    expect(() => instantiate(definition, { hiddenSize: 8 }, SCHEMA)).toThrow(/hiddenSize/);
  });
});

describe('the registry', () => {
  it('has its models, DIF-SR first, each found by its name and with all its options described', () => {
    expect(models.map(({ name }) => name)).toEqual([
      'dif-sr',
      'sasrec',
      'sasrecf',
      'nova',
      'fdsa',
      'bert4rec',
      'gru4rec',
      'gru4recf',
      'narm',
      'p-rnn',
      'icai-sr',
      's3-rec',
      'caser',
      'popular',
      'markov',
    ]);
    for (const model of models) expect(findModel(model.name)).toBe(model);
    expect(findModel('dif_sr')).toBeUndefined();
  });

  it('fills in defaults and refuses options that do not exist, or contradict each other', () => {
    expect(instantiate(difSr, {}, SCHEMA).config).toMatchObject({
      hiddenSize: 64,
      innerSize: 256,
      layers: 2,
      heads: 2,
      maxLength: 50,
      paddingClass: false,
    });
    expect(() => tiny('sasrec', { hidenSize: 4 })).toThrow(/hidenSize/);
    expect(() => tiny('sasrec', { heads: 0 })).toThrow(/heads/);
    expect(() => tiny('sasrec', { heads: 3 })).toThrow(ModelConfigError);
    expect(() => tiny('sasrec', { heads: 3 })).toThrow('model.heads 3 does not divide model.hiddenSize 4');
  });
});

describe.each(EVERY_MODEL)('%s, %s', (name, fusion) => {
  const model = tiny(name, optionsOf(name, fusion));
  const traced = traceScores(model);
  const weights = weightsOf(traced);

  it('never lets a position see a later item', () => {
    const { hidden } = model.build(new Scope({ training: false }), { ...declareInputs(model), items: traced.items });
    const item = fc.integer({ min: 1, max: SCHEMA.items });
    const cases = fc.record({
      past: fc.array(item, { minLength: 1, maxLength: 3 }),
      a: fc.array(item, { minLength: 3, maxLength: 3 }),
      b: fc.array(item, { minLength: 3, maxLength: 3 }),
    });
    const outputs = (items: readonly number[]): number[] =>
      numbers(hidden, { ...weights, ...FEATURES, items: ints([1, items.length], items) });
    fc.assert(
      fc.property(cases, ({ past, a, b }) => {
        const end = past.length * Number(hidden.shape.at(-1));
        expect(outputs([...past, ...a]).slice(0, end)).toEqual(outputs([...past, ...b]).slice(0, end));
      }),
      { numRuns: 10 },
    );
  });

  it('scores items by the last real position, whatever the padding', () => {
    const short = numbers(traced.scores, { ...weights, ...FEATURES, items: ints([1, 2], [3, 7]) });
    const padded = numbers(traced.scores, {
      ...weights,
      ...FEATURES,
      items: ints([2, 5], [3, 7, 0, 0, 0, 4, 4, 4, 4, 4]),
    });
    expect(short).toHaveLength(SCHEMA.items + 1);
    short.forEach((score, i) => expect(padded[i]).toBeCloseTo(score, 11));
  });

  it('has dropout in training alone', () => {
    const recurrent = RECURRENT.includes(name);
    const rates = { hiddenDropout: 0.5, ...(recurrent ? {} : { attentionDropout: 0.25 }) };
    const dropping = tiny(name, { ...optionsOf(name, fusion), ...rates });
    const masks = trainingTask(dropping).masks;
    // The input, and what NARM decodes; in each of two layers of a transformer the probabilities, the attention's output and the feed-forward block's.
    const own = name === 'narm' ? [0.5, 0.5] : recurrent ? [0.5] : [0.25, 0.25, 0.5, 0.5, 0.5, 0.5, 0.5];
    // One transformer for the items, and one for each of two attributes.
    const expected = (name === 'icai-sr' ? [...own, ...own, ...own] : own).toSorted();
    expect(masks.map(({ rate }) => rate).toSorted()).toEqual(expected);
    expect(new Set(masks.map((mask) => mask.name)).size).toBe(expected.length);
    expect(trainingTask(dropping, { training: false }).masks).toEqual([]);
    expect(traceScores(dropping).masks).toEqual([]);
  });
});

describe('fields', () => {
  it('are taken by name, in the order of the names; all by default', () => {
    expect(selectFields(SCHEMA, undefined).map(({ name }) => name)).toEqual(['brand', 'tags']);
    expect(selectFields(SCHEMA, ['tags', 'brand']).map(({ name }) => name)).toEqual(['tags', 'brand']);
    const { task } = taskOf(tiny('dif-sr', { ...DIF, fields: ['tags'] }));
    expect(task.constants.map(({ name }) => name)).toEqual(['feature.tags']);
    expect(Object.keys(task.parts)).toEqual(['loss.item', 'loss.attribute.tags']);
  });

  it('that the data lacks are an error which names those it has', () => {
    expect(() => selectFields(SCHEMA, ['colour'])).toThrow(UnknownFieldError);
    expect(() => tiny('nova', { fields: ['colour'] })).toThrow(
      'model.fields: the data has no field "colour" (it has: brand, tags)\n  cure: correct model.fields',
    );
  });

  it.each(['dif-sr', 'sasrecf', 'nova'])(
    'that are misspelt get the nearest name, and none may stand twice: %s',
    (name) => {
      expect(() => tiny(name, { fields: ['brnad'] })).toThrow(
        /model\.fields: the data has no field "brnad"[^]*did you mean brand\?/,
      );
      expect(() => tiny(name, { fields: ['brand', 'tags', 'brand'] })).toThrow(
        /model\.fields: names the field "brand" twice/,
      );
      expect(() => tiny(name, { fields: ['brand', 'brand'] })).toThrow(ModelConfigError);
      const [brand] = SCHEMA.fields;
      const twice = { ...SCHEMA, fields: [...SCHEMA.fields, ...(brand === undefined ? [] : [brand])] };
      expect(() => tiny(name, {}, twice)).toThrow(/the data: names the field "brand" twice/);
    },
  );

  it.each(['sideWidth', 'attributeLoss'])('in %s are those of the data, or an error names the nearest', (option) => {
    for (const wrong of [{ brnad: 5 }, { brand: 5, brnad: 5 }, { Brand: 5 }, { 'feature.brand': 5 }])
      expect(() => tiny('dif-sr', { [option]: wrong })).toThrow(UnknownFieldError);
    expect(() => tiny('dif-sr', { [option]: { brnad: 5 } })).toThrow(
      new RegExp(`model\\.${option}: the data has no field "brnad" \\(it has: brand, tags\\)[^]*did you mean brand\\?`),
    );
    expect(() => tiny('dif-sr', { [option]: { brand: 5 } }, { items: SCHEMA.items, fields: [] })).toThrow(
      /it has: none/,
    );
    // Of a field that the data has and this model does not use: kept for a configuration of many runs.
    expect(() => tiny('dif-sr', { fields: ['tags'], [option]: { brand: 5, tags: 2 } })).not.toThrow();
  });

  it('that an option does not name get what its description says', () => {
    const { task } = taskOf(tiny('dif-sr', { sideWidth: { brand: 4 }, attributeLoss: { brand: 3 } }));
    expect(Object.keys(task.parts)).toEqual(['loss.item', 'loss.attribute.brand']);
    expect(task.parameters.find(({ name }) => name === 'fields.tags.weight')?.shape).toEqual([6, 64]);
    const [model] = models;
    const { properties = {} } = model === undefined ? {} : z.toJSONSchema(model.config, { io: 'input' });
    expect(properties['sideWidth']).toMatchObject({
      description: expect.stringContaining('not named gets 64') as unknown,
    });
    expect(properties['attributeLoss']).toMatchObject({
      description: expect.stringContaining('not named gets 0') as unknown,
    });
  });

  it.each(['dif-sr', 'sasrecf', 'nova'])('that are absent altogether leave %s working', (name) => {
    const { task, weights } = taskOf(tiny(name, {}, { items: SCHEMA.items, fields: [] }));
    const { loss } = lossAndGradients(task, { ...allPositions(SEQUENCES, MAX_LENGTH), ...weights });
    expect(Number.isFinite(loss?.data[0])).toBe(true);
    expect(task.constants).toEqual([]);
  });

  it.each(['sum', 'mean', 'max'])(
    'without a value for an item give finite losses and gradients, pooled by %s',
    (pooling) => {
      const { task, weights } = taskOf(tiny('dif-sr', { ...DIF, pooling }));
      const only4 = [[4, 4, 4]]; // item 4 has neither brand nor tags, as input and as target
      for (const [name, { data }] of Object.entries(
        lossAndGradients(task, { ...allPositions(only4, MAX_LENGTH), ...weights }),
      )) {
        expect(Array.from<number>(data).every(Number.isFinite), name).toBe(true);
      }
    },
  );

  it('count with a single value "unknown" as with any other: its row is read', () => {
    const { task, weights } = taskOf(tiny('dif-sr', DIF));
    const found = lossAndGradients(task, { ...allPositions([[4, 4, 4]], MAX_LENGTH), ...weights });
    const row = (name: string): number[] => Array.from<number>(found[name]?.data ?? []).slice(0, 2);
    expect(row('fields.brand.weight').some((slope) => slope !== 0)).toBe(true);
    expect(row('fields.tags.weight')).toEqual([0, 0]);
  });

  it('frozen as in the published code are read but not trained', () => {
    const trained = (options: Record<string, unknown>): (string | boolean)[][] =>
      taskOf(tiny('dif-sr', { ...DIF, ...options })).task.trained.map(({ name, trainable }) => [name, trainable]);
    expect(trained({ freezeSide: true }).filter(([, trainable]) => trainable === false)).toEqual([
      ['fields.brand.weight', false],
      ['fields.tags.weight', false],
    ]);
    expect(trained({}).every(([, trainable]) => trainable === true)).toBe(true);
  });
});

describe('DIF-SR', () => {
  it('adds lambda times each attribute loss; lambda 0 leaves the predictor out', () => {
    const { task, weights } = taskOf(tiny('dif-sr', DIF));
    const out = run({ loss: task.loss, ...task.parts }, { ...allPositions(SEQUENCES, MAX_LENGTH), ...weights });
    const [loss = NaN, item = NaN, brand = NaN, tags = NaN] = [
      'loss',
      'loss.item',
      'loss.attribute.brand',
      'loss.attribute.tags',
    ].map((name) => Number(out[name]?.data[0]));
    expect(loss).toBeCloseTo(item + 2 * brand + 3 * tags, 12);
    const { parts, parameters } = taskOf(tiny('dif-sr', { ...DIF, attributeLoss: { brand: 2 } })).task;
    expect(Object.keys(parts)).toEqual(['loss.item', 'loss.attribute.brand']);
    expect(parameters.some((spec) => spec.name.startsWith('predictors.tags'))).toBe(false);
  });

  it('wants full rows in the reference form of concat and gate alone', () => {
    for (const [fusion, fusionForm, fixed] of [
      ['sum', 'reference', false],
      ['gate', 'reference', true],
      ['concat', 'reference', true],
      ['gate', 'causal-safe', false],
    ] as const) {
      const model = tiny('dif-sr', { ...DIF, fusion, fusionForm });
      expect(model.fullRows).toBe(fixed);
      expect(traceScores(model).items.shape).toEqual(['batch', fixed ? MAX_LENGTH : 'length']);
    }
    const model = tiny('dif-sr', { ...DIF, fusion: 'gate', fusionForm: 'reference' });
    const traced = traceScores(model);
    expect(() => numbers(traced.scores, { ...weightsOf(traced), ...FEATURES, items: itemsOf(SEQUENCES, 5) })).toThrow(
      /items/,
    );
  });

  it('in the reference form teaches the padding row nothing that comes from looking it up', () => {
    const { task, weights } = taskOf(tiny('dif-sr', { ...DIF, fusion: 'gate', fusionForm: 'reference' }));
    const padding = Array.from<number>(
      lossAndGradients(task, { ...allPositions(SEQUENCES, MAX_LENGTH), ...weights })['items.weight']?.data ?? [],
    ).slice(0, 4);
    expect(padding).toEqual([0, 0, 0, 0]);
  });

  it('refuses sequences that are longer than its positions', () => {
    const traced = traceScores(tiny('dif-sr', DIF));
    expect(() =>
      numbers(traced.scores, { ...weightsOf(traced), ...FEATURES, items: itemsOf(SEQUENCES, MAX_LENGTH + 1) }),
    ).toThrow(/slice.* 7 /);
  });
});

describe('NOVA', () => {
  it('passes on the item stream alone: after one layer and one item, fields and positions have no gradient', () => {
    const { task, weights } = taskOf(tiny('nova', { layers: 1 }));
    const feeds = { ...allPositions([[3, 7]], 1), ...weights };
    const of = (prefix: string): number =>
      Math.max(
        ...task.trained
          .filter(({ name }) => name.startsWith(prefix))
          .map(({ tensor }) => steepness(task.loss, tensor, feeds)),
      );
    for (const side of ['fields.', 'positions.', 'layers.0.attention.query', 'layers.0.attention.fusion'])
      expect(of(side), side).toBeLessThan(1e-12);
    for (const own of ['items.', 'layers.0.attention.value', 'norm.']) expect(of(own), own).toBeGreaterThan(1e-3);
    // With more to look at, they steer.
    const longer = { ...allPositions([[3, 7, 1, 2]], MAX_LENGTH), ...weights };
    const brand = task.trained.find(({ name }) => name === 'fields.brand.weight')?.tensor;
    expect(brand && steepness(task.loss, brand, longer)).toBeGreaterThan(1e-6);
  });
});

describe('names in the published code', () => {
  const cases = [
    ['sasrec', {}],
    ['sasrecf', {}],
    ...FUSIONS.map((fusion) => ['dif-sr', { ...DIF, fusion }] as const),
  ] as const;
  it.each(cases)('cover every parameter of %s %o; no two share a place', (name, options) => {
    const model = tiny(name, options);
    const places = taskOf(model).task.parameters.map((spec) => {
      const theirs = model.referenceNames.get(spec.name);
      expect(theirs, spec.name).toBeDefined();
      return `${theirs?.name} ${theirs?.rows?.join('-') ?? 'all'}`;
    });
    expect(new Set(places).size).toBe(places.length);
  });

  it('of single-valued fields of SASRecF are rows of one table, one after the other', () => {
    const fields = [...SCHEMA.fields, { name: 'color', kind: 'categorical', values: 3, maxValues: 1 }] as const;
    const { referenceNames } = tiny('sasrecf', {}, { items: 11, fields });
    const table = 'feature_embed_layer.token_embedding_table.item.embedding.weight';
    expect(referenceNames.get('fields.brand.weight')).toEqual({ name: table, rows: [0, 4] });
    expect(referenceNames.get('fields.color.weight')).toEqual({ name: table, rows: [4, 7] });
    expect(referenceNames.get('fields.tags.weight')).toEqual({
      name: 'feature_embed_layer.token_seq_embedding_table.item.0.weight',
    });
  });
});
