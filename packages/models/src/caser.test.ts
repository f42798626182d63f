// Caser against a second program of plain loops in float64, its gradients against finite differences, and what it makes of users.
import { createReferenceBackend, normal, streamId } from '@difsr/graph';
import { describe, expect, it } from 'vitest';
import { createRecommender, ModelConfigError, recommendTask, traceScores, USER_ID, type ModelSchema } from './index.js';
import {
  FEATURES,
  ints,
  lossAndGradients,
  numbers,
  prefixRows,
  SCHEMA,
  SEQUENCES,
  taskOf,
  tiny,
  weightsOf,
  type Values,
} from './tiny.test.support.js';

const WITH_USERS: ModelSchema = { ...SCHEMA, users: 4 };
const L = 5;
const OPTIONS = { maxLength: L, horizontalFilters: 3, verticalFilters: 2 };
const caser = (options: object = {}): ReturnType<typeof tiny> => tiny('caser', { ...OPTIONS, ...options }, WITH_USERS);
const ROWS = [[3, 7, 4, 1, 9], [5, 2, 11], [8]];
const ITEMS = ints(
  [ROWS.length, L],
  ROWS.flatMap((row) => Array.from({ length: L }, (_, i) => row[i] ?? 0)),
);
const USERS = [2, 0, 4];

/** A matrix, or a list of them, of the numbers of a parameter. */
function reader(weights: Values): (name: string, ...at: readonly number[]) => number {
  return (name, ...at) => {
    const { shape = [], data = [] } = weights[name] ?? {};
    const place = at.reduce((sum, index, axis) => sum * (shape[axis] ?? 0) + index, 0);
    return Number(data[place]);
  };
}

const sum = (count: number, of: (i: number) => number): number =>
  Array.from({ length: count }, (_, i) => of(i)).reduce((a, b) => a + b, 0);
const relu = (x: number): number => Math.max(0, x);

/** The scores of one row, loop by loop as the paper has it and published code joins it. */
function plainScores(weights: Values, row: readonly number[], user: number | undefined): number[] {
  const w = reader(weights);
  const d = 4;
  const image = (l: number, j: number): number => w('items.weight', row[l] ?? 0, j);
  const vertical = Array.from({ length: 2 }, (_, k) =>
    Array.from(
      { length: d },
      (_each, j) => sum(L, (l) => w('vertical.weight', k, l) * image(l, j)) + w('vertical.bias', k),
    ),
  ).flat();
  const horizontal = Array.from({ length: L }, (_, i) =>
    Array.from({ length: 3 }, (_each, k) =>
      Math.max(
        ...Array.from({ length: L - i }, (_place, from) =>
          relu(
            sum(i + 1, (r) => sum(d, (j) => w(`horizontal.${i}.weight`, k, r, j) * image(from + r, j))) +
              w(`horizontal.${i}.bias`, k),
          ),
        ),
      ),
    ),
  ).flat();
  const dense = (name: string, x: readonly number[]): number[] =>
    Array.from({ length: d }, (_, o) =>
      relu(sum(x.length, (i) => w(`${name}.weight`, o, i) * (x[i] ?? 0)) + w(`${name}.bias`, o)),
    );
  const z = dense('features', [...vertical, ...horizontal]);
  const who = user === undefined ? [] : Array.from({ length: d }, (_, j) => w('users.weight', user, j));
  const state = dense('joined', [...z, ...who]);
  return Array.from({ length: SCHEMA.items + 1 }, (_, item) =>
    sum(d, (j) => (state[j] ?? 0) * w('items.weight', item, j)),
  );
}

describe.each([true, false])('caser, with the embedding of users: %s', (userEmbedding) => {
  const model = caser({ userEmbedding });
  const feeds = (weights: Values): Values => ({ ...weights, ...FEATURES, items: ITEMS, [USER_ID]: ints([3], USERS) });

  it('has the scores of plain loops, padding behind the items included', () => {
    const traced = traceScores(model);
    const weights = weightsOf(traced);
    const expected = ROWS.flatMap((row, i) => plainScores(weights, row, userEmbedding ? (USERS[i] ?? 0) : undefined));
    numbers(traced.scores, feeds(weights)).forEach((score, i) => expect(score).toBeCloseTo(expected[i] ?? NaN, 12));
    expect(model.reads.users.map(({ name }) => name)).toEqual(userEmbedding ? [USER_ID] : []);
  });

  it('has the gradients of finite differences, and the lengths of its weights in the loss', () => {
    const { task, weights } = taskOf(caser({ userEmbedding, normLoss: 0.3 }));
    const rows = prefixRows(SEQUENCES, L);
    const count = rows['items']?.shape[0] ?? 0;
    const given = {
      ...rows,
      ...weights,
      [USER_ID]: ints(
        [count],
        Array.from({ length: count }, (_, i) => i % 5),
      ),
    };
    const found = lossAndGradients(task, given);
    for (const [parameter, value] of Object.entries(weights)) {
      const direction = normal({ seed: 1, step: 0, stream: streamId(parameter) }, value.data.length);
      // Looking up row 0 of a table, which is nobody's, gives it no gradient.
      if (/^(items|users)\.weight$/.test(parameter)) direction.fill(0, 0, 4);
      const [up = NaN, down = NaN] = [1e-5, -1e-5].map(
        (step) =>
          numbers(task.loss, {
            ...given,
            [parameter]: { ...value, data: Float64Array.from(value.data, (x, i) => x + step * Number(direction[i])) },
          })[0],
      );
      const slopes = [...(found[parameter]?.data ?? [])];
      const derivative = slopes.reduce((all, slope, i) => all + slope * Number(direction[i]), 0);
      expect(derivative, parameter).toBeCloseTo((up - down) / 2e-5, 6);
    }
    const { 'loss.norms': norms, 'loss.item': item } = task.parts;
    if (norms === undefined || item === undefined) throw new Error('parts');
    const lengths = Object.entries(weights)
      .filter(([name]) => name.endsWith('.weight'))
      .map(([, { data }]) => Math.hypot(...data));
    expect(numbers(norms, given)[0]).toBeCloseTo(
      lengths.reduce((a, b) => a + b, 0),
      10,
    );
    expect(numbers(task.loss, given)[0]).toBeCloseTo(
      Number(numbers(item, given)[0]) + 0.3 * Number(numbers(norms, given)[0]),
      10,
    );
  });
});

describe('the rows of users', () => {
  it('have gradients of their own users alone, finite at the zeros where they start', () => {
    const { task, weights } = taskOf(caser({ normLoss: 0.3 }));
    const table = weights['users.weight'];
    if (table === undefined) throw new Error('no table');
    const zeros = { ...weights, 'users.weight': { ...table, data: new Float64Array(table.data.length) } };
    const rows = prefixRows(SEQUENCES, L);
    const count = rows['items']?.shape[0] ?? 0;
    const given = {
      ...rows,
      ...zeros,
      [USER_ID]: ints(
        [count],
        Array.from({ length: count }, (_, i) => (i % 2) * 3),
      ),
    };
    const gradient = [...(lossAndGradients(task, given)['users.weight']?.data ?? [])];
    const touched = Array.from({ length: 5 }, (_, user) => gradient.slice(user * 4, user * 4 + 4).some((x) => x !== 0));
    expect(touched).toEqual([false, false, false, true, false]);
    expect(gradient.every(Number.isFinite)).toBe(true);
  });

  it('are asked for by the ids of users; who is unknown is one without any, and that is said', async () => {
    const model = caser();
    const weights = weightsOf(recommendTask(model, 1));
    const table = weights['users.weight'];
    table?.data.fill(0, 0, 4); // as training leaves it
    const tokens = ['[PAD]', ...Array.from({ length: SCHEMA.items }, (_, i) => `i${i + 1}`)];
    const backend = createReferenceBackend();
    const recommender = await createRecommender(
      {
        folder: 'run',
        model,
        items: { tokens, counts: new Int32Array(tokens.length).fill(1) },
        fields: { [USER_ID]: ['[PAD]', 'ann', 'ben', 'cas', 'dee'] },
        tensors: weights,
      },
      backend,
    );
    const ask = async (id: string | undefined): ReturnType<typeof recommender.recommend> =>
      recommender.recommend(['i5', 'i2', 'i11'], {
        k: 11,
        includeSeen: true,
        ...(id === undefined ? {} : { user: { [USER_ID]: id } }),
      });
    const scoresFor = async (id: string | undefined): Promise<Map<string, number>> =>
      new Map((await ask(id)).items.map((item) => [item.id, item.score]));
    for (const [user, id] of [
      [0, undefined],
      [0, 'eve'],
      [2, 'ben'],
      [4, 'dee'],
    ] as const) {
      const expected = plainScores(weights, ROWS[1] ?? [], user);
      for (const [item, score] of await scoresFor(id))
        expect(score, `${id}: ${item}`).toBeCloseTo(expected[tokens.indexOf(item)] ?? NaN, 5);
    }
    expect((await ask('eve')).values?.unknown).toEqual([{ field: USER_ID, value: 'eve' }]);
    expect((await ask(undefined)).values?.missing).toEqual([USER_ID]);
    await recommender.dispose();
  });

  it('need a schema that says how many there are', () => {
    expect(() => tiny('caser', OPTIONS).reads).toThrow(ModelConfigError);
    expect(tiny('caser', { ...OPTIONS, userEmbedding: false }).reads.users).toEqual([]);
  });

  it('are not asked for where a model does not read them', async () => {
    const model = tiny('sasrec');
    const tensors = weightsOf(recommendTask(model, 1));
    const tokens = ['[PAD]', ...Array.from({ length: SCHEMA.items }, (_, i) => `i${i + 1}`)];
    const items = { tokens, counts: new Int32Array(tokens.length).fill(1) };
    const recommender = await createRecommender(
      { folder: 'run', model, items, fields: {}, tensors },
      createReferenceBackend(),
    );
    await expect(recommender.recommend(['i3'], { k: 1, user: { [USER_ID]: 'ann' } })).rejects.toThrow(
      /the model does not read who the user is/,
    );
    await recommender.dispose();
  });
});
