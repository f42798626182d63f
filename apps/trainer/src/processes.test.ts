// Where one column alone tells what comes next, DIF-SR finds out; SASRec, which does not see it, cannot.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOnnxRuntimeBackend } from '@difsr/onnxruntime';
import { runConfigSchema, train } from '@difsr/training';
import { expect, test } from 'vitest';
import { generateProcess, PROCESSES, type Process } from './processes.test.support.js';

const SHARED = {
  hiddenSize: 32,
  innerSize: 64,
  layers: 2,
  heads: 2,
  maxLength: 8,
  hiddenDropout: 0.2,
  attentionDropout: 0.1,
};
const OPTIONS: Readonly<Record<Process, object>> = {
  // What is known of an item makes its row: few purchases teach little of it.
  vector: { sideWidth: 32, itemFields: 'sum' },
  numeric: { sideWidth: 32, itemFields: 'sum', numeric: 'buckets' },
  event: { sideWidth: 32 },
};

/** NDCG@10 over all items, of test cases, by the best epoch of validation. */
async function ndcg(name: string, process: Process, seed: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'difsr-process-'));
  const backend = await createOnnxRuntimeBackend({ threads: 1 });
  const training = { epochs: 20, targetsPerStep: 256, seed, learningRate: 3e-3, checkpointSeconds: 0 };
  const stopping = { earlyStopping: { metric: 'ndcg@10', patience: 6 } };
  try {
    const { metrics } = await train({
      config: runConfigSchema.parse({
        model: { name, ...SHARED, ...(name === 'dif-sr' ? OPTIONS[process] : {}) },
        training: { ...training, ...stopping },
        evaluation: { ks: [10] },
      }),
      dataset: generateProcess(process, seed),
      backend,
      out: join(folder, 'run'),
    });
    return metrics?.test?.['ndcg@10'] ?? Number.NaN;
  } finally {
    await backend.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

const CASES = PROCESSES.flatMap((process) => [1, 2, 3].map((seed) => [process, seed] as const));

test.each(CASES)(
  'a process by %s, seed %d: NDCG@10 of DIF-SR is at least 1.3 times that of SASRec',
  async (process, seed) => {
    const ratio = (await ndcg('dif-sr', process, seed)) / (await ndcg('sasrec', process, seed));
    expect(ratio).toBeGreaterThanOrEqual(1.3);
  },
  300_000,
);
