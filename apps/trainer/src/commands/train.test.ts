// Training from end to end, as users call it: what it says, what it writes, and what a stop leaves.
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  difsr,
  difsrProcess,
  freshFolder,
  TINY,
  TINY_MODEL,
  TINY_PARALLEL,
  TINY_RECURRENT,
  WINDOWS,
  writeRecbole,
  type Ended,
} from '../command.test.support.js';

let cwd = '';
let trained: Ended;

beforeAll(async () => {
  cwd = await freshFolder();
  await writeRecbole(cwd);
  trained = await difsr(['train', '--data', 'shop', '--epochs', '2', '--seed', '7', ...TINY], { cwd });
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const RUN = 'runs/shop-dif-sr-1';
/** JSON that one of our own commands wrote. */
const parsed = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
const jsonLines = (text: string): Record<string, unknown>[] => text.trim().split('\n').map(parsed);
const fileOf = (run: string, file: string): Promise<Buffer> => readFile(join(cwd, run, file));

describe('train', () => {
  it('says what it loaded, writes a line per epoch, a table and the next step', () => {
    expect(trained).toMatchObject({ code: 0, stderr: '' });
    expect(trained.stdout).toMatch(
      /shop \(recbole\): 60 users, 150 items, [\d,]+ interactions; side information: categories \(\d+ values\), brand \(\d+ values\)/,
    );
    expect(trained.stdout).toMatch(/^epoch 1\/2 {2}loss \d+\.\d{3} {2}valid NDCG@10 0\.\d{4}/m);
    expect(trained.stdout).toMatch(/^epoch 2\/2 /m);
    expect(trained.stdout).toMatch(/^ +Recall@5 +NDCG@5/m);
    expect(trained.stdout).toMatch(/^test +0\.\d{4}/m);
    expect(trained.stdout).toContain(`run: ${RUN}`);
    expect(trained.stdout).not.toContain('\u001B'); // no control characters where there is no terminal
  });

  it('writes the whole run folder', async () => {
    for (const file of [
      'config.json',
      'model.safetensors',
      'optimizer.safetensors',
      'state.json',
      'vocabulary.json',
      'history.jsonl',
      'metrics.json',
      'README.md',
    ]) {
      expect((await stat(join(cwd, RUN, file))).size, file).toBeGreaterThan(0);
    }
    expect(jsonLines((await fileOf(RUN, 'history.jsonl')).toString())).toHaveLength(2);
    expect(parsed((await fileOf(RUN, 'config.json')).toString())).toMatchObject({
      device: 'cpu',
      training: { epochs: 2, seed: 7 },
      model: { name: 'dif-sr', heads: 2 },
    });
  });

  it('--json gives events as JSON lines, and the next free folder is taken', async () => {
    const { code, stdout } = await difsr(
      ['train', '--data', 'shop', '--model', 'sasrec', '--epochs', '1', '--json', ...TINY_MODEL],
      { cwd },
    );
    expect(code).toBe(0);
    const events = jsonLines(stdout);
    expect(events.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['data', 'note', 'start', 'step', 'evaluation', 'epoch', 'checkpoint', 'end', 'result']),
    );
    expect(events[0]).toMatchObject({ kind: 'prepared', reused: expect.any(Boolean) });
    expect(events.find(({ kind }) => kind === 'data')).toMatchObject({
      kind: 'data',
      users: 60,
      sides: [expect.stringMatching(/^categories/), expect.any(String)],
    });
    expect(events.at(-1)).toMatchObject({ kind: 'result', reason: 'finished', run: 'runs/shop-sasrec-1' });
    const again = await difsr(
      ['train', '--data', 'shop', '--model', 'sasrec', '--epochs', '1', '--json', ...TINY_MODEL],
      { cwd },
    );
    expect(jsonLines(again.stdout).at(-1)).toMatchObject({ run: 'runs/shop-sasrec-2' });
    const over = await difsr(['resume', 'runs/shop-sasrec-2', '--json'], { cwd });
    expect(jsonLines(over.stdout)).toMatchObject([
      { kind: 'data', users: 60 },
      { kind: 'start', over: 'finished', metric: 'ndcg@10' },
      ...jsonLines(over.stdout).slice(2, -1),
      { kind: 'result', reason: 'finished' },
    ]);
    expect(await fileOf('runs/shop-sasrec-2', 'model.safetensors')).toEqual(
      await fileOf('runs/shop-sasrec-1', 'model.safetensors'),
    );
  });

  it('trains every model, and on the reference backend', async () => {
    const sizes = Object.entries({
      ...Object.fromEntries(['sasrecf', 'nova', 'fdsa', 'bert4rec', 'icai-sr'].map((model) => [model, TINY_MODEL])),
      ...Object.fromEntries(['gru4rec', 'gru4recf', 'narm'].map((model) => [model, TINY_RECURRENT])),
      's3-rec': [...TINY_MODEL, '--set', 'pretraining.epochs=1'],
      'p-rnn': [...TINY_PARALLEL, '--set', 'model.strategy=interleaved'],
      caser: ['--set', 'model.hiddenSize=8'],
    });
    for (const [model, own] of sizes) {
      const { code, stderr } = await difsr(['train', '--data', 'shop', '--model', model, '--epochs', '1', ...own], {
        cwd,
      });
      expect({ model, code, stderr }).toEqual({ model, code: 0, stderr: '' });
    }
    const { code, stdout } = await difsr(
      ['train', '--data', 'shop', '--epochs', '1', '--backend', 'reference', ...TINY],
      { cwd },
    );
    expect(code).toBe(0);
    expect(stdout).toContain('on reference (cpu)');
  });

  it('learns from other runs (--distill), and says when one is of other data', async () => {
    const learn = ['train', '--data', 'shop', '--epochs', '1', ...TINY, '--distill', RUN];
    const taught = await difsr([...learn, '--set', 'distillation.draws=4', '--out', 'runs/taught', '--json'], { cwd });
    expect(taught).toMatchObject({ code: 0, stderr: '' });
    const events = jsonLines(taught.stdout);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'teacher', run: RUN, teacher: 1, teachers: 1 }));
    expect(events.find(({ kind }) => kind === 'epoch')).toMatchObject({
      record: { losses: { 'loss.soft': expect.any(Number) } },
    });
    expect(parsed((await fileOf('runs/taught', 'config.json')).toString())).toMatchObject({
      distillation: { runs: [RUN], weight: 0.5, draws: 4 },
    });
    const other = await difsr([...learn, '--data', 'generated', '--out', 'runs/other'], { cwd });
    expect(other.code).not.toBe(0);
    expect(other.stderr).toContain('is not the one that this run was trained on');
  });

  it('trains, resumes and ranks in float16', async () => {
    const train = ['train', '--data', 'shop', '--epochs', '1', '--device', 'cpu', '--out', 'runs/half', ...TINY];
    expect(await difsr([...train, '--precision', 'float16'], { cwd })).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse((await fileOf('runs/half', 'config.json')).toString())).toMatchObject({ precision: 'float16' });
    const resumed = await difsr(['resume', 'runs/half', '--epochs', '2'], { cwd });
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toMatch(/^warning: the cosine schedule is now laid out over 2 epochs instead of 1.*\n$/);
    expect(await difsr(['evaluate', 'runs/half', '--precision', 'float32'], { cwd })).toMatchObject({ code: 0 });
  });

  it.skipIf(WINDOWS).each(['SIGINT', 'SIGTERM'] as const)(
    '%s saves, says how to resume, and the resumed run is the same',
    async (signal) => {
      const out = `interrupted-${signal}`;
      const args = ['train', '--data', 'shop', '--epochs', '40', '--seed', '3', '--json', ...TINY];
      const whole = await difsr([...args, '--out', `whole-${signal}`], { cwd });
      expect(whole.code).toBe(0);
      let sent = false;
      const stopped = await difsrProcess([...args, '--out', out], {
        cwd,
        watch: (stdout, kill) => {
          if (sent || !stdout.includes('"kind":"epoch"')) return;
          sent = true;
          kill(signal);
        },
      });
      expect(stopped.code).toBe(130);
      expect(stopped.stderr).toContain('Ctrl-C again quits at once');
      expect(jsonLines(stopped.stdout).at(-1)).toMatchObject({ kind: 'result', reason: 'interrupted', run: out });
      const resumed = await difsr(['resume', out], { cwd });
      expect(resumed).toMatchObject({ code: 0, stderr: '' });
      expect(resumed.stdout).toMatch(/goes on at epoch \d+/);
      for (const file of ['model.safetensors', 'optimizer.safetensors', 'vocabulary.json'])
        expect(await fileOf(out, file), file).toEqual(await fileOf(`whole-${signal}`, file));
    },
  );
});
