// Ranks made in JavaScript against those of the graph's own op.
import { createGraph, createReferenceBackend, input, mul, rank, type HostTensor } from '@difsr/graph';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { plainRanking } from './plain-ranking.js';

const scores = input('scores', ['batch', 6]);
const targets = input('targets', ['batch'], 'int32');
const graph = createGraph({ rank: rank(scores, targets, undefined, 1), twice: mul(scores, 2) });

it('a backend that ranks in JavaScript gives the ranks of the graph, ties included, and everything else as it is', async () => {
  const backend = createReferenceBackend();
  const [own, plain] = [await backend.compile(graph), await plainRanking(backend).compile(graph)];
  const row = fc.tuple(
    fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 6, maxLength: 6 }),
    fc.integer({ min: 1, max: 5 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 5 }), async (rows) => {
      const feeds: Record<string, HostTensor> = {
        scores: {
          dtype: 'float32',
          shape: [rows.length, 6],
          data: Float32Array.from(rows.flatMap(([values]) => values)),
        },
        targets: { dtype: 'int32', shape: [rows.length], data: Int32Array.from(rows, ([, target]) => target) },
      };
      const [expected, found] = [await own.run(feeds), await plain.run(feeds)];
      expect(found['rank']).toEqual(expected['rank']);
      expect(found['twice']).toEqual(expected['twice']);
    }),
    { numRuns: 50 },
  );
});
