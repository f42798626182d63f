// Who the user is, from the command: a run of Caser is asked by the ids of its users, on any backend and as a file.
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { difsr, freshFolder, TINY_MODEL, writeRecbole, type Ended } from '../command.test.support.js';

let cwd = '';
const CASER = ['--set', 'model.hiddenSize=8', '--set', 'model.hiddenDropout=0', '--set', 'training.learningRate=0.02'];
beforeAll(async () => {
  cwd = await freshFolder();
  await writeRecbole(cwd);
  const args = ['--data', 'shop', '--epochs', '3', '--seed', '5'];
  const caser = await difsr(['train', ...args, '--model', 'caser', '--out', 'caser', ...CASER], { cwd });
  expect({ code: caser.code, stderr: caser.stderr }).toEqual({ code: 0, stderr: '' });
  const sasrec = await difsr(['train', ...args, '--model', 'sasrec', '--out', 'sasrec', ...TINY_MODEL], { cwd });
  expect(sasrec.code).toBe(0);
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const recommend = (run: string, ...more: string[]): Promise<Ended> =>
  difsr(['recommend', run, '--history', 'item-3 item-7', '-k', '20', ...more], { cwd });

it('each user has recommendations of their own, the same on tfjs', async () => {
  const [one, other] = await Promise.all(['user-4', 'user-9'].map((id) => recommend('caser', '--user', id)));
  expect([one?.code, one?.stderr, other?.stderr]).toEqual([0, '', '']);
  expect(one?.stdout).not.toBe(other?.stdout);
  const json = await recommend('caser', '--user', '{"user.id": "user-4"}', '--backend', 'tfjs');
  expect(json.stdout).toBe(one?.stdout);
});

it('nobody, and somebody whom the run does not know, have the same, and that is said', async () => {
  const [nobody, unknown] = [await recommend('caser'), await recommend('caser', '--user', 'user-999')];
  expect(unknown.stdout).toBe(nobody.stdout);
  expect(nobody.stderr).toBe(
    'warning: the model reads who the user is, and nobody is named: --user ID, one of the ids in the data\n',
  );
  expect(unknown.stderr).toBe(
    'warning: the run does not know the user user-999: these are recommendations for nobody in particular\n',
  );
});

it('a model that does not read it refuses to be told', async () => {
  const { code, stderr } = await recommend('sasrec', '--user', 'user-4');
  expect(code).toBe(1);
  expect(stderr).toMatch(/the model does not read who the user is\n {2}cure: leave it out/);
});

it('the exported file has an input for it, and gives what the run gives', async () => {
  const { code, stdout, stderr } = await difsr(['export', 'caser', '--onnx'], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(
    `user.id int32 [batch], place of the user's id in the vocabulary's fields["user.id"], 0 = unknown`,
  );
});
