// `difsr train --init`: what it says of another run's weights, and what it refuses before anything is read or written.
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difsr, freshFolder, TINY, TINY_MODEL, writeRecbole, type Ended } from './command.test.support.js';

let cwd: string;
beforeAll(async () => {
  cwd = await freshFolder();
  await writeRecbole(cwd);
  expect((await train('before', ...TINY)).code).toBe(0);
}, 60_000);
afterAll(() => rm(cwd, { recursive: true, force: true }));

const train = (out: string, ...more: string[]): Promise<Ended> =>
  difsr(['train', '--data', 'shop', '--epochs', '1', '--device', 'cpu', '--threads', '1', '--out', out, ...more], {
    cwd,
  });

describe('train --init', () => {
  it('says what was taken whole, of what only rows, what was drawn and what was not used; the folder has all of it', async () => {
    const { code, stdout } = await train(
      'after',
      ...TINY_MODEL,
      '--model',
      'sasrec',
      '--init',
      'before',
      '--set',
      'model.maxLength=12',
      '--set',
      'model.innerSize=16',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^initial weights of before \(dif-sr, model\.safetensors [0-9a-f]{12}\.\.\): 16 of 20 parameters whole, 1 in part$/m,
    );
    expect(stdout).toContain('\n  rows that both have: positions.weight 8 of 12 (positions)\n');
    expect(stdout).toContain('\n  not taken: layers.0.feedForward.input.weight (shape [8, 8] there, [16, 8] here), ');
    expect(stdout).toMatch(/\n {2}not used: fields\.brand\.weight, .* more \(init\.json has all\)\n/);
    const record: unknown = JSON.parse(String(await readFile(join(cwd, 'after/init.json'))));
    expect(record).toMatchObject({ run: 'before', model: 'dif-sr', absent: [] });
    expect(await difsr(['resume', 'after'], { cwd })).toMatchObject({ code: 0, stderr: '' });
  }, 60_000);

  it('is an event for programs, after the start', async () => {
    const { stdout } = await train('events', ...TINY, '--init', 'before', '--json');
    const kinds = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { kind?: string }).kind);
    expect(kinds.filter((kind) => kind !== 'data' && kind !== 'prepared').slice(0, 2)).toEqual([
      'start',
      'initial-weights',
    ]);
  }, 60_000);

  it.each([
    ['no-run', [], 'no-run: not a run folder'],
    ['before', ['--set', 'model.hiddenSize=16', '--model', 'sasrec'], '--set model.hiddenSize=8'],
  ])('from %s with %j is refused with the cure, and leaves no folder', async (init, more, message) => {
    const { code, stderr } = await train(
      'refused',
      ...TINY_MODEL,
      '--set',
      'model.innerSize=32',
      ...more,
      '--init',
      init,
    );
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
    expect(stderr).toContain('cure: ');
    expect(await readdir(cwd)).not.toContain('refused');
  });
});
