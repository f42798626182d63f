// A run folder of the first version opens for ever: it lies in fixtures/first-run, with its data, as `difsr train` wrote it.
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { difsr, freshFolder } from './command.test.support.js';

let cwd: string;
beforeAll(async () => {
  cwd = await freshFolder();
  await cp(fileURLToPath(new URL('../fixtures/first-run', import.meta.url)), cwd, { recursive: true });
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const run = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await difsr(args, { cwd });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout;
};
const json = async (file: string): Promise<unknown> => JSON.parse(await readFile(join(cwd, 'run', file), 'utf8'));

it('is evaluated to the metrics that it holds', async () => {
  const found: unknown = JSON.parse(await run('evaluate', 'run', '--json', '--threads', '1', '--device', 'cpu'));
  const stored = await json('metrics.json');
  for (const split of ['valid', 'test']) {
    const of = (metrics: unknown): [string, unknown][] => Object.entries(Reflect.get(Object(metrics), split));
    expect(of(stored)).not.toEqual([]);
    // Another processor may put two items that are almost equal the other way round, for one user in sixty.
    for (const [name, value] of of(stored))
      expect(Math.abs(Number(new Map(of(found)).get(name)) - Number(value))).toBeLessThan(0.02);
  }
});

it('recommends, is exported, and goes on', async () => {
  const found: unknown = JSON.parse(
    await run('recommend', 'run', '--history', 'item-5', '-k', '3', '--json', '--threads', '1', '--device', 'cpu'),
  );
  // As the first version recommended them; their scores are further apart than processors differ.
  expect(found).toMatchObject({
    history: ['item-5'],
    items: [{ id: 'item-78' }, { id: 'item-6' }, { id: 'item-2' }],
    unknown: [],
    popular: false,
  });
  expect(await run('export', 'run', '--onnx')).toContain('model.onnx');
  const resumed = await difsr(['resume', 'run', '--epochs', '4', '--threads', '1', '--device', 'cpu'], { cwd });
  expect(resumed.code).toBe(0);
  expect(resumed.stdout).toContain('epoch 4');
  expect(await json('vocabulary.json')).not.toHaveProperty('formatVersion');
});

it('is refused by name where a later version wrote it', async () => {
  const file = join(cwd, 'run/vocabulary.json');
  const vocabulary = await readFile(file, 'utf8');
  await writeFile(file, vocabulary.replace('{', '{ "formatVersion": 99,'));
  const { code, stderr } = await difsr(['recommend', 'run', '--history', 'item-5'], { cwd });
  await writeFile(file, vocabulary);
  expect(code).not.toBe(0);
  expect(stderr).toContain('format version 99');
});
