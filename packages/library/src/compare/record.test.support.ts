// For tests: records as runs of our own give them.
import type { ByProtocol, ProtocolResults } from '@difsr/training';
import type { RunRecord } from './types.js';

/** What a record is made with; the rest is the same for all. */
interface Made {
  readonly data?: string;
  readonly model: string;
  readonly seed: number;
  /** Test NDCG@10, unmasked; half more masked. */
  readonly test: number;
  readonly converged?: boolean;
  readonly searched?: RunRecord['searched'];
  readonly curve?: RunRecord['curve'];
}

/** A record. */
export function record({ data = 'shop', model, seed, test, converged = true, searched = {}, curve }: Made): RunRecord {
  const results = (value: number): ProtocolResults<'valid' | 'test'> => {
    const metrics = { 'recall@10': 2 * value, 'ndcg@10': value };
    const both = { valid: metrics, test: metrics };
    const counts = { targets: 40, users: 40, hidden: 0 };
    const popular = { 'recall@10': 0.02, 'ndcg@10': 0.01 };
    return {
      ...both,
      byUser: both,
      counts: { valid: counts, test: counts },
      popular: { valid: popular, test: popular, byUser: { valid: popular, test: popular } },
      beatsPopular: { by: 'ndcg@10', valid: true, test: true },
      lists: {
        valid: {},
        test: { 'coverage@10': 0.5, 'novelty@10': 9, 'popularity.targets': 20, 'popularity.histories': 30 },
      },
    };
  };
  const protocols: ByProtocol = { unmasked: results(test), masked: results(1.5 * test) };
  return {
    version: 1,
    id: `${data}/${model}/seed-${seed}`,
    data,
    fingerprint: 'f',
    model,
    seed,
    searched,
    settings: { data: {}, model: {}, training: {}, evaluation: {} },
    environment: {},
    parameters: 1000,
    watched: { metric: 'ndcg@10', value: test },
    reason: 'finished',
    bestEpoch: 2,
    trainedEpochs: 3,
    converged,
    curve: curve ?? [
      { epoch: 1, loss: 5, valid: test / 2 },
      { epoch: 2, loss: 4, valid: test },
      { epoch: 3, loss: 3, valid: test },
    ],
    protocols,
    times: { secondsPerEpoch: 2, evaluationSeconds: 1, seconds: 9, peakMemoryBytes: 3e8 },
  };
}
