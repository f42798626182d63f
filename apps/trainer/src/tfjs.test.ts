// The commands with `--backend tfjs` on its wasm device.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { difsr, freshFolder, TINY, TINY_MODEL, writeRecbole, type Ended } from './command.test.support.js';

let cwd: string;
beforeAll(async () => {
  cwd = await freshFolder();
  await writeRecbole(cwd);
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const tfjs = (args: readonly string[], device = 'wasm'): Promise<Ended> =>
  difsr([...args, '--backend', 'tfjs', '--device', device], { cwd });
/** The last line of `--json`, without the time that it took. */
const result = ({ stdout }: Ended): object => ({
  ...(JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as object),
  seconds: 0,
}); // a result is an object

it.each([
  ['dif-sr', TINY],
  ['sasrec', TINY_MODEL],
  ['sasrecf', TINY_MODEL],
  ['nova', TINY_MODEL],
] as const)('trains %s', async (model, options) => {
  const ended = await tfjs(['train', '--data', 'shop', '--model', model, '--epochs', '1', ...options]);
  expect(ended).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('on tfjs (wasm)') });
});

it('trains to the same metrics as onnxruntime; the run is evaluated, resumed and asked on either', async () => {
  const train = ['train', '--data', 'shop', '--epochs', '2', '--seed', '4', '--json', ...TINY];
  const ours = await tfjs([...train, '--out', 'ours']);
  const theirs = await difsr([...train, '--out', 'theirs', '--device', 'cpu'], { cwd });
  expect([ours.code, theirs.code]).toEqual([0, 0]);
  // Two epochs in float32: losses agree, ranks may differ by a user or two at near ties.
  const lossOf = async (run: string): Promise<number> => {
    const history = (await readFile(join(cwd, run, 'history.jsonl'), 'utf8')).trim().split('\n');
    const last = JSON.parse(history.at(-1) ?? '{}') as { losses?: { loss?: number } }; // the run folder's own form
    return Number(last.losses?.loss);
  };
  expect(await lossOf('ours')).toBeCloseTo(await lossOf('theirs'), 3);

  const [here, there] = [
    await tfjs(['evaluate', 'ours', '--json']),
    await difsr(['evaluate', 'ours', '--json', '--device', 'cpu', '--backend', 'onnxruntime'], { cwd }),
  ];
  expect([here.code, there.code, here.stderr]).toEqual([0, 0, '']);
  expect(result(here)).toEqual(result(there));

  const asked = await tfjs(['recommend', 'ours', '--history', 'item-3 item-7', '--json'], 'cpu');
  expect(asked).toMatchObject({ code: 0, stderr: '' });

  const config = JSON.parse(await readFile(join(cwd, 'ours', 'config.json'), 'utf8')) as object;
  expect(config).toMatchObject({ backend: 'tfjs', device: 'wasm' });
  const resumed = await difsr(['resume', 'ours', '--epochs', '3', '--json'], { cwd });
  expect(resumed).toMatchObject({ code: 0, stderr: '' });
});
