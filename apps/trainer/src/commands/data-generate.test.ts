// difsr data generate as users call it: files that difsr reads back, Ctrl-C, and options that cannot be used.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { difsr, difsrProcess, freshFolder, WINDOWS } from '../command.test.support.js';

describe('difsr data generate', () => {
  it('writes log, catalogue and description, and says what', async () => {
    const cwd = await freshFolder();
    const { code, stdout } = await difsr(['data', 'generate', '--interactions', '2k', '--out', 'shop', '--json'], {
      cwd,
    });
    expect(code).toBe(0);
    const log = await readFile(join(cwd, 'shop/interactions.csv'), 'utf8');
    expect(JSON.parse(stdout)).toMatchObject({
      users: 167,
      items: 1500,
      interactions: log.trimEnd().split('\n').length - 1,
      description: 'shop/dataset.yaml',
    });
  });

  it.skipIf(WINDOWS)('leaves nothing behind after Ctrl-C', async () => {
    const cwd = await freshFolder();
    const stopped = await difsrProcess(['data', 'generate', '--users', '4M', '--out', 'shop'], {
      cwd,
      interruptWhen: async () => (await readdir(cwd)).length > 0,
    });
    expect(stopped).toMatchObject({ code: 130, stdout: 'interrupted: nothing was written\n' });
    expect(await readdir(cwd)).toEqual([]);
  });

  it.each([
    [['--interactions', '3x', '--out', 'a'], 2, /3x.*whole number/s],
    [['--items', '5', '--out', 'a'], 3, /column "items": "5"/],
    [['--format', 'xml', '--out', 'a'], 2, /csv, jsonl, parquet, atomic/],
    [[], 2, /--out/],
  ])('refuses %j', async (args, exit, message) => {
    const { code, stderr } = await difsr(['data', 'generate', ...args], { cwd: await freshFolder() });
    expect([code, stderr]).toEqual([exit, expect.stringMatching(message)]);
  });
});
