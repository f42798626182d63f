// What evaluation finds, and what it says beside its numbers.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difsr, TINY, trainedShop } from '../command.test.support.js';

const RUN = 'runs/shop-dif-sr-1';
let cwd = '';

beforeAll(async () => {
  cwd = await trainedShop(RUN);
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

/** JSON that one of our own commands wrote. */
const parsed = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
const fileOf = (run: string, file: string): Promise<Buffer> => readFile(join(cwd, run, file));

describe('evaluate', () => {
  it('finds the metrics that training wrote', async () => {
    const { code, stdout } = await difsr(['evaluate', RUN, '--json'], { cwd });
    expect(code).toBe(0);
    const written = parsed((await fileOf(RUN, 'metrics.json')).toString());
    expect(parsed(stdout)).toMatchObject({
      run: RUN,
      model: 'dif-sr',
      valid: written['valid'],
      test: written['test'],
      protocol: { maskSeen: false },
    });
  });

  it('--mask-seen is said beside the result, with the targets that it hides', async () => {
    const { stdout } = await difsr(['evaluate', RUN, '--mask-seen'], { cwd });
    expect(stdout).toContain('seen items left out (not the protocol of the paper)');
    expect(stdout).toMatch(
      /^\d+\.\d % of the validation targets and \d+\.\d % of the test targets had been seen before: .* misses$/m,
    );
  });

  it('shows the popular items beside both splits, and says so where the run does not beat them', async () => {
    const { stdout } = await difsr(['evaluate', RUN], { cwd });
    expect(stdout).toMatch(
      /^validation( +0\.\d{4}){9}\n {2}popular items( +0\.\d{4}){9}\ntest( +0\.\d{4}){9}\n {2}popular items/m,
    );
    expect(stdout).toContain('means over users, each with one target: validation 60 users, test 60 users');
    const { stdout: json } = await difsr(['evaluate', RUN, '--json'], { cwd });
    const { beatsPopular, warning } = JSON.parse(json) as { beatsPopular: { valid: boolean }; warning?: string }; // the command's own form
    expect(typeof warning).toBe(beatsPopular.valid ? 'undefined' : 'string');
    expect(stdout.includes('warning: the model does not beat the popular items')).toBe(!beatsPopular.valid);
  });

  it('a model that has diverged does not end like a success', async () => {
    const wild = [
      'train',
      '--data',
      'shop',
      '--epochs',
      '1',
      '--set',
      'training.learningRate=5',
      '--out',
      'wild',
      ...TINY,
    ];
    const { code, stdout } = await difsr(wild, { cwd });
    expect(code).toBe(0);
    expect(stdout.trim().split('\n').at(-1)).toMatch(
      /^warning: the model does not beat the popular items.*NDCG@10 0\.\d{4} against 0\.\d{4}.*Try more epochs/,
    );
  });
});
