// Gradients of whole models: against finite differences, and of all positions at once against one row per prefix.
import { normal, streamId, type HostTensor } from '@difsr/graph';
import { describe, expect, it } from 'vitest';
import { bert4recAttentions } from './bert4rec.js';
import { featureName, traceScores, type TrainingTask } from './index.js';
import {
  allPositions,
  DIF,
  FEATURES,
  ints,
  lossAndGradients,
  MAX_LENGTH,
  numbers,
  prefixRows,
  SEQUENCES,
  taskOf,
  tiny,
  type Values,
  weightsOf,
} from './tiny.test.support.js';

const FUSIONS = ['sum', 'concat', 'gate'] as const;

type Model = readonly [label: string, name: string, options: Readonly<Record<string, unknown>>];

const EVERY_MODEL: readonly Model[] = [
  ['sasrec', 'sasrec', {}],
  ['sasrec, bpr', 'sasrec', { loss: 'bpr' }],
  ['sasrec, bce', 'sasrec', { loss: 'bce' }],
  ['sasrec, gbce', 'sasrec', { loss: 'gbce', negatives: 1 }],
  ['sasrec, cosines', 'sasrec', { logits: 'cosine', temperature: 0.5 }],
  ['dif-sr, bpr of cosines', 'dif-sr', { ...DIF, loss: 'bpr', logits: 'cosine' }],
  ['sasrec, positions from the end', 'sasrec', { positions: 'from-end' }],
  ['dif-sr, positions from the end', 'dif-sr', { ...DIF, positions: 'from-end' }],
  ['sasrec, seen items apart', 'sasrec', { seenBias: true, paddingClass: true }],
  ['icai-sr, seen items apart', 'icai-sr', { seenBias: true }],
  ['sasrec, padding as a class', 'sasrec', { paddingClass: true }],
  ...FUSIONS.flatMap((fusion): Model[] => [
    [`dif-sr, ${fusion}`, 'dif-sr', { ...DIF, fusion }],
    [`sasrecf, ${fusion}`, 'sasrecf', { fusion }],
    [`nova, ${fusion}`, 'nova', { fusion }],
  ]),
  ['fdsa', 'fdsa', {}],
  ...bert4recAttentions.map((attention): Model => [
    `bert4rec, ${attention}`,
    'bert4rec',
    { attention, ...(attention === 'dif' ? { sideWidth: DIF.sideWidth, attributeLoss: DIF.attributeLoss } : {}) },
  ]),
  ['bert4rec, plain output', 'bert4rec', { output: 'plain' }],
  ['gru4rec', 'gru4rec', {}],
  ['gru4rec, one layer, bpr', 'gru4rec', { layers: 1, loss: 'bpr' }],
  ['gru4rec, fields in the item table', 'gru4rec', { itemFields: 'gate' }],
  ['gru4recf', 'gru4recf', {}],
  ['narm', 'narm', {}],
  ['p-rnn', 'p-rnn', {}],
  ['icai-sr', 'icai-sr', {}],
  ['icai-sr, recurrent, bpr', 'icai-sr', { sequence: 'gru', loss: 'bpr', pooling: 'mean' }],
  ['dif-sr, mean pooling', 'dif-sr', { ...DIF, pooling: 'mean' }],
  ['dif-sr, max pooling', 'dif-sr', { ...DIF, pooling: 'max' }],
  ...(['sum', 'mean', 'gate'] as const).map((itemFields): Model => [
    `sasrec, ${itemFields} of fields in the item table`,
    'sasrec',
    { itemFields },
  ]),
  ...['dif-sr', 'sasrecf', 'nova'].map((name): Model => [
    `${name}, fields in the item table`,
    name,
    { ...(name === 'dif-sr' ? DIF : {}), itemFields: 'sum' },
  ]),
];

/** A parameter moved along a random direction. */
function moved(parameter: HostTensor, direction: ArrayLike<number>, step: number): HostTensor {
  return { ...parameter, data: Float64Array.from(parameter.data, (value, i) => value + step * Number(direction[i])) };
}

/** Checks every parameter's gradient along a random direction. */
function agrees(task: TrainingTask, weights: Values, rows: Values): void {
  const feeds = { ...rows, ...weights };
  const found = lossAndGradients(task, feeds);
  const step = 1e-5;
  for (const [parameter, value] of Object.entries(weights)) {
    const direction = normal({ seed: 1, step: 0, stream: streamId(parameter) }, value.data.length);
    const [up = NaN, down = NaN] = [step, -step].map(
      (size) => numbers(task.loss, { ...feeds, [parameter]: moved(value, direction, size) })[0],
    );
    const derivative = [...(found[parameter]?.data ?? [])].reduce(
      (sum, slope, i) => sum + slope * Number(direction[i]),
      0,
    );
    const difference = (up - down) / (2 * step);
    expect(Math.abs(derivative - difference), `${parameter}: ${derivative} against ${difference}`).toBeLessThan(
      1e-8 + 1e-6 * Math.abs(difference),
    );
  }
}

describe('the gradient of the loss agrees with finite differences, parameter by parameter', () => {
  it.each(EVERY_MODEL)('%s', (_, name, options) => {
    const { task, weights } = taskOf(tiny(name, options));
    agrees(task, weights, allPositions(SEQUENCES, MAX_LENGTH));
  });

  it.each(['difference', 'reference'])('s3-rec, its pre-training by the %s', (contrast) => {
    const model = tiny('s3-rec', { stage: 'pretrain', contrast });
    const { task, weights } = taskOf(model);
    const rows = SEQUENCES.filter(({ length }) => length <= MAX_LENGTH);
    const inputs = Int32Array.from(rows, ({ length }) => length - 1);
    const { feeds } = model.objective.batch(
      model,
      {
        length: MAX_LENGTH - 1,
        items: Int32Array.from(rows.flat()),
        starts: Int32Array.from(rows, (_, row) => rows.slice(0, row).flat().length),
        inputs,
        targets: inputs,
        slots: 64,
      },
      { seed: 2, step: 1 },
    );
    const given = Object.entries(feeds).flatMap(([name, tensor]): [string, HostTensor][] =>
      'data' in tensor ? [[name, tensor]] : [],
    );
    agrees(task, weights, { ...FEATURES, ...Object.fromEntries(given) });
  });
});

/** Largest difference of each result relative to its largest element. */
function differences(a: Values, b: Values): [name: string, difference: number][] {
  return Object.entries(a).map(([name, { data }]) => {
    const others = b[name]?.data ?? [];
    const scale = Math.max(...Array.from<number>(data).map(Math.abs));
    const most = Math.max(...Array.from<number>(data).map((value, i) => Math.abs(value - Number(others[i]))));
    return [name, most / Math.max(scale, 1e-12)];
  });
}

const longest = Math.max(...SEQUENCES.map(({ length }) => length)) - 1;
/** Columns of the batch of all positions, and of the batch of prefixes. */
const LAYOUTS: readonly (readonly [label: string, all: number, prefixes: number])[] = [
  ['rows padded to maxLength', MAX_LENGTH, MAX_LENGTH],
  ['rows cut to their bucket', longest, longest],
  ['cut rows against padded prefixes', longest, MAX_LENGTH],
];

describe('bert4rec', () => {
  it.each(['early-fusion', 'nova', 'dif'])(
    'with %s takes [MASK] for an item of which nothing is known',
    (attention) => {
      const model = tiny('bert4rec', { attention, ...(attention === 'dif' ? { sideWidth: DIF.sideWidth } : {}) });
      const traced = traceScores(model);
      const weights = weightsOf(traced);
      // Behind 3 and 7 stands [MASK], whose id is one beyond the tables of the data: it must be looked up neither there nor at the last item.
      const scores = (changed: number): number[] => {
        const brand = FEATURES[featureName('brand')];
        if (brand === undefined) throw new Error('no brands');
        const data = Int32Array.from(brand.data, (value, item) => (item === changed ? (value + 1) % 4 : value));
        const items = ints([1, MAX_LENGTH], [3, 7, 0, 0, 0, 0]);
        return numbers(traced.scores, { ...FEATURES, [featureName('brand')]: { ...brand, data }, items, ...weights });
      };
      expect(scores(11)).toEqual(scores(-1));
      expect(scores(7)).not.toEqual(scores(-1));
    },
  );
});

describe('one pass over all positions has the loss and gradients of one row per prefix', () => {
  const models: readonly Model[] = [
    ...FUSIONS.map((fusion): Model => [`dif-sr, ${fusion}`, 'dif-sr', { ...DIF, fusion }]),
    ['dif-sr, sum, bpr', 'dif-sr', { ...DIF, loss: 'bpr' }],
    ['sasrec', 'sasrec', { paddingClass: true }],
    ['sasrec, seen items apart', 'sasrec', { seenBias: true }],
    ['fdsa', 'fdsa', {}],
    ['gru4rec', 'gru4rec', {}],
    ['gru4recf', 'gru4recf', { paddingClass: true }],
    ['narm', 'narm', {}],
    ['p-rnn', 'p-rnn', {}],
    ['icai-sr', 'icai-sr', {}],
    ['icai-sr, recurrent', 'icai-sr', { sequence: 'gru' }],
    ...FUSIONS.flatMap((fusion): Model[] => [
      [`sasrecf, ${fusion}`, 'sasrecf', { fusion }],
      [`nova, ${fusion}`, 'nova', { fusion }],
    ]),
  ];
  describe.each(LAYOUTS)('%s', (_, all, prefixes) => {
    it.each(models)('%s', (__, name, options) => {
      const { task, weights } = taskOf(tiny(name, options));
      const whole = lossAndGradients(task, { ...allPositions(SEQUENCES, all), ...weights });
      const single = lossAndGradients(task, { ...prefixRows(SEQUENCES, prefixes), ...weights });
      expect(Object.keys(whole)).toEqual(['loss', ...Object.keys(weights)]);
      for (const [parameter, difference] of differences(whole, single))
        expect(difference, parameter).toBeLessThan(1e-10);
    });
  });

  it.each(['concat', 'gate'])(
    'but not in the reference form of %s, which sees what a later position holds',
    (fusion) => {
      const { task, weights } = taskOf(tiny('dif-sr', { ...DIF, fusion, fusionForm: 'reference' }));
      const [whole, single] = [allPositions, prefixRows].map((rows) =>
        lossAndGradients(task, { ...rows(SEQUENCES, MAX_LENGTH), ...weights }),
      );
      const far = differences(whole ?? {}, single ?? {}).filter(([, difference]) => difference > 1e-3);
      expect(far.map(([name]) => name)).toContain('items.weight');
    },
  );
});
