// A model in a file outside of the project, through every command: the very file of docs/adding-a-model.md.
import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difsr, difsrProcess, freshFolder, WINDOWS } from './command.test.support.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SETTINGS = ['--data', 'generated', '--threads', '1', '--device', 'cpu', '--seed', '3'];

let cwd: string;

/** The code of the page, in a folder that has the packages as a user's has them. */
beforeAll(async () => {
  cwd = await freshFolder();
  const page = await readFile(join(ROOT, 'docs/adding-a-model.md'), 'utf8');
  const code = /```js file=my-gru\.mjs\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  await writeFile(join(cwd, 'my-gru.mjs'), code);
  await mkdir(join(cwd, 'node_modules/@difsr'), { recursive: true });
  for (const name of ['graph', 'nn', 'models'])
    await symlink(join(ROOT, 'packages', name), join(cwd, 'node_modules/@difsr', name), 'junction');
  await symlink(join(ROOT, 'packages/models/node_modules/zod'), join(cwd, 'node_modules/zod'), 'junction');
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const train = (out: string, ...more: string[]): ReturnType<typeof difsr> =>
  difsr(['train', '--model', './my-gru.mjs', ...SETTINGS, '--out', out, ...more], { cwd });
const read = async (...path: string[]): Promise<Buffer> => readFile(join(cwd, ...path));
const json = async (...path: string[]): Promise<Record<string, never>> => JSON.parse(String(await read(...path)));

describe('a model of one file', () => {
  it('is shorter than 70 lines, trains, beats the popular items, and goes on to the same bytes', async () => {
    expect(String(await read('my-gru.mjs')).split('\n').length).toBeLessThanOrEqual(70);
    const whole = await train('whole', '--epochs', '6');
    expect(whole.stderr + whole.stdout).not.toContain('error');
    expect(whole.code).toBe(0);
    const metrics = await json('whole', 'metrics.json');
    expect(Number(metrics['valid']?.['ndcg@10'])).toBeGreaterThan(
      1.2 * Number(metrics['popular']?.['valid']?.['ndcg@10']),
    );

    if (WINDOWS) return; // nothing there could stop it for a moment
    let interrupted = false;
    const cut = await difsrProcess(
      ['train', '--model', './my-gru.mjs', ...SETTINGS, '--out', 'cut', '--epochs', '6', '--json'],
      {
        cwd,
        watch: (stdout, kill) => {
          if (interrupted || !stdout.includes('"kind":"epoch"')) return;
          interrupted = true;
          kill('SIGINT');
        },
      },
    );
    expect(cut.code).toBe(130);
    const resumed = await difsr(['resume', 'cut', '--model', './my-gru.mjs'], { cwd });
    expect(resumed.code).toBe(0);
    expect((await read('cut', 'model.safetensors')).equals(await read('whole', 'model.safetensors'))).toBe(true);
  }, 300_000);

  it('is asked for again by every command that opens its run, and compared', async () => {
    const sha256 = createHash('sha256')
      .update(await read('my-gru.mjs'))
      .digest('hex');
    expect(await json('whole', 'model.json')).toEqual({ name: 'my-gru', path: './my-gru.mjs', sha256 });
    const known = String((await json('whole', 'vocabulary.json'))['items']?.[1]);
    const commands = [
      ['evaluate', 'whole'],
      ['recommend', 'whole', '--history', known],
      ['export', 'whole', '--onnx', '--out', 'gru.onnx'],
      ['resume', 'whole'],
    ];
    for (const command of commands) {
      const { code, stderr } = await difsr(command, { cwd });
      expect(code).not.toBe(0);
      expect(stderr).toContain('was trained with a model of your own, "my-gru" of ./my-gru.mjs');
      expect(stderr).toContain('--model ./my-gru.mjs');
      const given = await difsr([...command, '--model', './my-gru.mjs'], { cwd });
      expect(given.stderr).toBe('');
      expect(given.code).toBe(0);
    }
    await writeFile(join(cwd, 'other.mjs'), await read('my-gru.mjs'));
    await appendFile(join(cwd, 'other.mjs'), '// changed\n');
    const { code, stderr } = await difsr(['evaluate', 'whole', '--model', './other.mjs'], { cwd });
    expect(code).not.toBe(0);
    expect(stderr).toContain('is not the file that whole was trained with');
  }, 300_000);

  it.each([
    ['no-file.mjs', undefined, 'cannot be read'],
    ['broken.mjs', 'export default {', 'cannot be run'],
    ['nothing.mjs', 'export const name = 1;', 'no default export'],
    ['half.mjs', "export default { name: 'half', description: 'x', config: {} };", 'no function "build"'],
  ])('%s is refused with what it lacks', async (file, content, message) => {
    if (content !== undefined) await writeFile(join(cwd, file), content);
    const { code, stderr } = await difsr(['train', '--model', `./${file}`], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
