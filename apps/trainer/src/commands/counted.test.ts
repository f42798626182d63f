// Models that are counted, from the command: every other command takes what they leave as it takes a trained run.
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difsr, freshFolder, writeRecbole } from '../command.test.support.js';

let cwd = '';
/** JSON that one of our own commands wrote. */
const parsed = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
beforeAll(async () => {
  cwd = await freshFolder();
  await writeRecbole(cwd);
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

describe.each(['popular', 'markov'])('%s', (model) => {
  it('is counted, and says that no option of training matters', async () => {
    const { code, stdout, stderr } = await difsr(['train', '--data', 'shop', '--model', model, '--out', model], {
      cwd,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      new RegExp(`^${model}: counted in \\d+ training interactions of 60 users, nothing is trained`, 'm'),
    );
    expect(stdout).toMatch(/^counted in .* {2}valid NDCG@10 0\.\d+ {2}/m);
    expect(stdout).not.toMatch(/epoch|NaN/);
  });

  it('ranks and recommends the same on tfjs', async () => {
    const evaluated = await Promise.all(
      ['onnxruntime', 'tfjs'].map(async (backend) => {
        const { code, stdout } = await difsr(['evaluate', model, '--backend', backend, '--json'], { cwd });
        expect(code).toBe(0);
        const { valid, test } = parsed(stdout);
        expect(test).toHaveProperty('ndcg@10');
        return { valid, test };
      }),
    );
    expect(evaluated[0]).toEqual(evaluated[1]);
    const recommended = await Promise.all(
      ['onnxruntime', 'tfjs'].map(async (backend) => {
        const history = ['recommend', model, '--history', 'item-3', '-k', '5', '--backend', backend];
        const { code, stdout } = await difsr(history, { cwd });
        expect(code).toBe(0);
        return stdout;
      }),
    );
    expect(recommended[0]).toContain(`recommended by ${model}`);
    expect(recommended[0]).toBe(recommended[1]);
  });

  it('is exported, and has nothing to go on with', async () => {
    const exported = await difsr(['export', model, '--onnx'], { cwd });
    expect({ code: exported.code, stderr: exported.stderr }).toEqual({ code: 0, stderr: '' });
    const { code, stdout, stderr } = await difsr(['resume', model, '--epochs', '50'], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('it is counted already: there is nothing to go on with');
  });
});
