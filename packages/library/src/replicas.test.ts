// Replicas on ONNX Runtime, through the call that a program makes.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resume, train, type TrainEvent } from './index.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-replicas-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const STEPS_A_LOSS_IS_COMPARED_OVER = 12;

async function run(name: string, replicas: number, cutAfter?: number): Promise<number[]> {
  const losses: number[] = [];
  const controller = new AbortController();
  await train({
    data: { path: 'generated' },
    model: { name: 'dif-sr', hiddenSize: 16, innerSize: 16, layers: 1, maxLength: 10 },
    training: { replicas, seed: 5, epochs: 1, targetsPerStep: 512 },
    evaluation: { test: false },
    device: 'cpu',
    threads: 1,
    out: join(folder, name),
    signal: controller.signal,
    onEvent: (event: TrainEvent) => {
      if (event.kind !== 'step') return;
      losses.push(event.loss);
      if (event.step === cutAfter) controller.abort();
    },
  });
  return losses;
}

const weights = (name: string): Promise<Buffer> => readFile(join(folder, name, 'optimizer.safetensors'));

it('two replicas take the steps of one', async () => {
  const [one, two] = [await run('one', 1), await run('two', 2)];
  expect(two).toHaveLength(one.length);
  one
    .slice(0, STEPS_A_LOSS_IS_COMPARED_OVER)
    .forEach((loss, i) => expect(Math.abs((two[i] ?? 0) / loss - 1)).toBeLessThan(1e-5));
});

it('the same number of them gives the same bytes, interrupted or not', async () => {
  await run('whole', 2);
  await run('cut', 2, 7);
  await resume(join(folder, 'cut'), { device: 'cpu', threads: 1 });
  expect(await weights('cut')).toEqual(await weights('whole'));
});
