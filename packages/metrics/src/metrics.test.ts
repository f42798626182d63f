// Agreement with the reference's metrics, of the two forms with each other, and independence of batches.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  METRIC_KINDS,
  MetricsAccumulator,
  MetricsError,
  parseMetricName,
  rankingMetrics,
  rankItems,
  targetRank,
  topkMetrics,
  userMetrics,
} from './index.js';

const ks = [1, 5, 10, 20];

/** A reader for the golden files that needs no other package: name -> numbers and shape. */
function readGolden(name: string): (tensor: string) => { data: number[]; shape: number[] } {
  const bytes = readFileSync(new URL(`../../../fixtures/reference/${name}.safetensors`, import.meta.url));
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
    string, // the golden files are our own: their form is known
    { dtype: 'F32' | 'F64' | 'I32' | 'U8'; shape: number[]; data_offsets: [number, number] } | undefined
  >;
  const types = { F32: Float32Array, F64: Float64Array, I32: Int32Array, U8: Uint8Array };
  return (tensor) => {
    const entry = header[tensor];
    if (entry === undefined) throw new Error(`${name} has no tensor ${tensor}`);
    const [begin, end] = entry.data_offsets;
    const buffer = new Uint8Array(bytes.subarray(start + begin, start + end)).buffer;
    return { data: Array.from(new types[entry.dtype](buffer)), shape: entry.shape };
  };
}

/** Rows of a golden matrix. */
function rowsOf({ data, shape: [rows = 0, columns = 0] }: { data: number[]; shape: number[] }): number[][] {
  return Array.from({ length: rows }, (_, row) => data.slice(row * columns, (row + 1) * columns));
}

/** One golden case: scores, seen items and relevant items per user, and its other tensors by name. */
function goldenCase(name: string): {
  golden: ReturnType<typeof readGolden>;
  scores: number[][];
  seen: number[][];
  targets: number[][];
} {
  const golden = readGolden(name);
  const scores = rowsOf(golden('in.scores'));
  const seen = rowsOf(golden('in.mask')).map((row) => row.flatMap((masked, item) => (masked === 1 ? [item] : [])));
  const targets = scores.map((): number[] => []);
  golden('in.pos_user').data.forEach((user, i) => targets[user]?.push(golden('in.pos_item').data[i] ?? 0));
  return { golden, scores, seen, targets };
}

describe.each(['metrics_one_relevant', 'metrics_several_relevant'])('the reference on %s', (name) => {
  const { golden, scores, seen, targets } = goldenCase(name);

  it('ranks the same items', () => {
    const mine = scores.map((row, user) => [...rankItems(row, { k: 20, excluded: seen[user] ?? [], user })]);
    expect(mine).toEqual(rowsOf(golden('out.topk_items')));
    const hits = mine.flatMap((row, user) => row.map((item) => (targets[user]?.includes(item) ? 1 : 0)));
    expect(hits).toEqual(golden('out.hit_matrix').data);
  });

  it('has the same metrics per user and on average, to 1e-9', () => {
    const hits = Uint8Array.from(golden('out.hit_matrix').data);
    const { mean, perUser } = topkMetrics({ hits, relevant: Int32Array.from(golden('out.pos_len').data) }, ks);
    for (const kind of METRIC_KINDS) {
      const expected = rowsOf(golden(`out.per_user.${kind}`));
      ks.forEach((k, column) => {
        expect(Math.abs((mean[`${kind}@${k}`] ?? NaN) - golden(`out.${kind}@${k}`).data[0]!)).toBeLessThan(1e-9);
        expected.forEach((row, user) => {
          expect(Math.abs((perUser[`${kind}@${k}`]?.[user] ?? NaN) - row[column]!)).toBeLessThan(1e-9);
        });
      });
    }
  });
});

it('ranks alone give the metrics of the reference on metrics_one_relevant', () => {
  const { golden, scores, seen, targets } = goldenCase('metrics_one_relevant');
  const ranks = scores.map((row, user) => targetRank(row, targets[user]![0]!, { excluded: seen[user] ?? [], user }));
  const mine = rankingMetrics(ranks, ks);
  for (const kind of METRIC_KINDS) {
    for (const k of ks) {
      expect(Math.abs((mine[`${kind}@${k}`] ?? NaN) - golden(`out.${kind}@${k}`).data[0]!)).toBeLessThan(1e-9);
    }
  }
});

const rankLists = fc.array(fc.nat(30), { minLength: 1, maxLength: 60 });

describe('metrics of one target', () => {
  it('equal the general form with one relevant item', () => {
    fc.assert(
      fc.property(rankLists, (ranks) => {
        const hits = new Uint8Array(ranks.length * 20);
        ranks.forEach((rank, user) => {
          if (rank < 20) hits[user * 20 + rank] = 1;
        });
        const general = topkMetrics({ hits, relevant: new Int32Array(ranks.length).fill(1) }, ks);
        const mine = rankingMetrics(ranks, ks);
        expect(Object.keys(mine).sort()).toEqual(Object.keys(general.mean).sort());
        for (const kind of METRIC_KINDS) {
          for (const k of ks) expect(mine[`${kind}@${k}`]).toBeCloseTo(general.mean[`${kind}@${k}`] ?? NaN, 12);
        }
        expect(userMetrics(ranks, ks)).toEqual(general.perUser);
      }),
    );
  });

  it('do not depend on batches, order of users or merging, to the last bit', () => {
    fc.assert(
      fc.property(rankLists, fc.nat(60), (ranks, cut) => {
        const batched = new MetricsAccumulator(ks);
        batched.add(Int32Array.from(ranks.slice(cut).reverse()));
        batched.add(Int32Array.from(ranks.slice(0, cut)));
        expect(batched.result()).toEqual(rankingMetrics(ranks, ks));
        const [left, right] = [new MetricsAccumulator(ks), new MetricsAccumulator(ks)];
        left.add(ranks.slice(0, cut));
        right.add(ranks.slice(cut));
        left.merge(right);
        expect(left.result()).toEqual(batched.result());
        expect(left.users).toBe(ranks.length);
      }),
    );
  });

  it('are those of a hand calculation', () => {
    const metrics = rankingMetrics([0, 2, 11, 700], [20, 10, 10]);
    expect(metrics).toEqual({
      'recall@10': 0.5,
      'recall@20': 0.75,
      'ndcg@10': (1 + 1 / 2) / 4,
      'ndcg@20': (1 + 1 / 2 + 1 / Math.log2(13)) / 4,
      'mrr@10': (1 + 1 / 3) / 4,
      'mrr@20': (1 + 1 / 3 + 1 / 12) / 4,
      'hit@10': 0.5,
      'hit@20': 0.75,
      'precision@10': 0.05,
      'precision@20': (3 * (1 / 20)) / 4,
      'map@10': (1 + 1 / 3) / 4,
      'map@20': (1 + 1 / 3 + 1 / 12) / 4,
    });
  });

  it('over users weigh every user alike, whatever the batches, and are those over targets where each has one', () => {
    const users = fc.array(fc.array(fc.nat(30), { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(users, fc.nat(60), (ranks, cut) => {
        const rows = ranks.flatMap((own) => own.map((rank) => [rank, own.length] as const));
        const metrics = new MetricsAccumulator(ks);
        for (const part of [rows.slice(cut).reverse(), rows.slice(0, cut)])
          metrics.add(
            part.map(([rank]) => rank),
            part.map(([, each]) => each),
          );
        const whole = new MetricsAccumulator(ks);
        whole.add(
          rows.map(([rank]) => rank),
          rows.map(([, each]) => each),
        );
        expect(metrics.byUser()).toEqual(whole.byUser());
        expect([metrics.targets, metrics.users]).toEqual([rows.length, ranks.length]);
        expect(metrics.result()).toEqual(
          rankingMetrics(
            rows.map(([rank]) => rank),
            ks,
          ),
        );
        const own = ranks.map((each) => rankingMetrics(each, ks));
        for (const kind of METRIC_KINDS)
          for (const k of ks) {
            const name = `${kind}@${k}` as const;
            const mean = own.reduce((sum, each) => sum + (each[name] ?? NaN), 0) / ranks.length;
            expect(metrics.byUser()[name]).toBeCloseTo(mean, 12);
          }
        if (ranks.every(({ length }) => length === 1)) expect(metrics.byUser()).toEqual(metrics.result());
      }),
    );
  });

  it('takes cut-offs of any size', () => {
    expect(rankingMetrics([0, 2e9], [1, 2 ** 50])['recall@1125899906842624']).toBe(1);
  });

  it('a refused batch leaves nothing behind', () => {
    const accumulator = new MetricsAccumulator([5]);
    accumulator.add([1]);
    expect(() => accumulator.add([0, 0, -1])).toThrow(/rank of user 3 is -1[^]*not finite/);
    expect(accumulator.result()).toEqual(rankingMetrics([1], [5]));
  });
});

describe('what cannot be measured', () => {
  it.each([
    ['no users', () => rankingMetrics([], [5]), /no users/],
    ['a rank that is not a number', () => rankingMetrics([NaN], [5]), /rank of user 0 is NaN/],
    ['half a rank, per user', () => userMetrics([0.5], [5]), /is 0\.5/],
    ['no cutoffs', () => rankingMetrics([0], []), /got \[\]/],
    ['a cutoff of 0', () => rankingMetrics([0], [5, 0]), /got \[5, 0\]/],
    [
      'a cutoff beyond the lists',
      () => topkMetrics({ hits: new Uint8Array(4), relevant: Int32Array.of(1, 1) }, [3]),
      /from 1 to 2/,
    ],
    ['ragged lists', () => topkMetrics({ hits: new Uint8Array(5), relevant: Int32Array.of(1, 1) }, [1]), /5 hits/],
    ['lists of nobody', () => topkMetrics({ hits: new Uint8Array(0), relevant: new Int32Array(0) }, [1]), /0 rows/],
    [
      'a user without relevant items',
      () => topkMetrics({ hits: new Uint8Array(2), relevant: Int32Array.of(1, 0) }, [1]),
      /User 1 has 0/,
    ],
    [
      'more hits than relevant items',
      () => topkMetrics({ hits: Uint8Array.of(1, 1), relevant: Int32Array.of(1) }, [1]),
      /1 relevant items and 2 hits/,
    ],
    ['a user of no targets', () => new MetricsAccumulator([5]).add([1], [0]), /got 0/],
    ['sizes of other targets', () => new MetricsAccumulator([5]).add([1], [1, 1]), /1 ranks and 2 numbers/],
    ['other cutoffs', () => new MetricsAccumulator([5]).merge(new MetricsAccumulator([6])), /\[6\] differ from \[5\]/],
  ])('%s: refused with the cure', (_, call, message) => {
    expect(call).toThrow(MetricsError);
    expect(call).toThrow(message);
    expect(call).toThrow(/cure: /);
  });
});

describe('names', () => {
  it('are read back', () => {
    for (const kind of METRIC_KINDS) expect(parseMetricName(`${kind}@20`)).toEqual({ kind, k: 20 });
    expect(parseMetricName('NDCG@10')).toEqual({ kind: 'ndcg', k: 10 });
  });

  it.each(['ndcg', 'ndcg@', 'ndcg@0', 'ndcg@1.5', 'ndgc@10', 'ndcg@10@5', 'toString@5', ''])('"%s" is none', (name) => {
    expect(() => parseMetricName(name)).toThrow(/cure: write one of recall/);
  });
});
