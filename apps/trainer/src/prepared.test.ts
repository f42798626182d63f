// Training on a prepared folder, as users call it: the same bytes as on the files that it was prepared from, in memory and streamed,
// and what a run says when the folder is not what it was.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SplitSpec } from '@difsr/prepare';
import { descriptionSchema, prepareDataset } from '@difsr/prepare';
import { beforeAll, describe, expect, it } from 'vitest';
import { BIN, difsr, freshFolder, TINY, TINY_MODEL, writeRecbole, writeS3Rec } from './command.test.support.js';

const S3REC = fileURLToPath(new URL('../../../../shared/data/s3rec', import.meta.url));
const STREAMED = ['--set', 'data.streaming=on'];

let cwd: string;
let env: Record<string, string>;
beforeAll(async () => {
  cwd = await freshFolder();
  env = { DIFSR_CACHE: join(cwd, 'cache') };
});

async function run(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await difsr(args, { cwd, env });
  expect(stderr).toBe('');
  expect(code, stdout).toBe(0);
  return stdout;
}

/** Everything of a run that must not depend on how its data was read. */
async function contents(out: string): Promise<unknown> {
  const bytes = async (file: string): Promise<string> => (await readFile(join(cwd, out, file))).toString('base64');
  const metrics: unknown = JSON.parse(await readFile(join(cwd, out, 'metrics.json'), 'utf8'));
  const { secondsPerEpoch, evaluationSeconds, peakMemoryBytes, ...results } = metrics as Record<string, unknown>; // the trainer's own form
  expect([secondsPerEpoch, evaluationSeconds, peakMemoryBytes].every((value) => typeof value === 'number')).toBe(true);
  return {
    results,
    model: await bytes('model.safetensors'),
    optimizer: await bytes('optimizer.safetensors'),
    vocabulary: await bytes('vocabulary.json'),
  };
}

async function prepareS3Rec(base: string, name: string): Promise<void> {
  const description = descriptionSchema.parse({
    name,
    interactions: { files: `${name}.txt`, user: 'user', item: 'item' },
    items: {
      files: `${name}_item2attributes.json`,
      id: 'item',
      fields: { attributes: { kind: 'multi-categorical' } },
    },
    filters: { itemMin: 1 }, // as in the form itself, where an item without interactions is no candidate
  });
  await prepareDataset(description, { out: join(cwd, 'prepared', name), base, threads: 1 });
}

async function prepareShop(out: string, split: SplitSpec, seed = 1): Promise<void> {
  const name = `shop${seed}`;
  await writeRecbole(cwd, name, seed);
  const description = descriptionSchema.parse({
    name,
    interactions: {
      files: `${name}/${name}.inter`,
      format: 'atomic',
      user: 'user_id',
      item: 'item_id',
      time: 'timestamp',
    },
    items: {
      files: `${name}/${name}.item`,
      format: 'atomic',
      id: 'item_id',
      fields: { brand: { kind: 'categorical' }, categories: { kind: 'multi-categorical', separator: ' ' } },
    },
    split,
  });
  await prepareDataset(description, { out: join(cwd, out), base: cwd, threads: 1 });
}

describe('difsr train on a prepared folder', () => {
  it('gives the bytes of training on the files, loaded and streamed', async () => {
    await writeS3Rec(cwd);
    await prepareS3Rec(cwd, 'Clicks');
    const train = ['--epochs', '1', '--seed', '5', '--device', 'cpu', ...TINY];
    await run('train', '--data', 'Clicks', '--out', 'files', ...train);
    const loaded = await run('train', '--data', 'prepared/Clicks', '--out', 'loaded', ...train);
    const streamed = await run('train', '--data', 'prepared/Clicks', '--out', 'streamed', ...train, ...STREAMED);
    expect(loaded).toContain('Clicks (prepared): 40 users');
    expect(streamed).toContain('Clicks (prepared, sequences on disk): 40 users');
    const files = await contents('files');
    expect(await contents('loaded')).toEqual(files);
    expect(await contents('streamed')).toEqual(files);
    // What was made of the files, and the flat file of what was left on disk.
    expect((await readdir(join(cwd, 'cache/data'))).toSorted()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Clicks-[\da-f]{24}$/),
        expect.stringMatching(/^Clicks-[\da-f]{16}\.sequences$/),
      ]),
    );
    expect(await readdir(join(cwd, 'cache/data'))).toHaveLength(2);
    // What a run on a prepared folder is good for, without and with the folder.
    expect(await run('recommend', 'streamed', '--history', '3 7', '-k', '3')).toContain('recommended by dif-sr');
    const { results } = files as { results: { test: unknown } }; // as contents makes it
    expect(JSON.parse(await run('evaluate', 'streamed', '--json'))).toMatchObject({ test: results.test });
    expect(await run('data', 'stats', 'prepared/Clicks', '--format', 'prepared')).toContain('40');
  });

  it(
    'killed and resumed within an epoch while streaming, ends as a run in memory that was not',
    { timeout: 120_000 },
    async () => {
      await prepareShop('resumed', { method: 'last-n', valid: 2, test: 2 });
      const train = [
        '--data',
        'resumed',
        '--epochs',
        '6',
        '--seed',
        '8',
        '--device',
        'cpu',
        '--json',
        ...TINY,
        '--set',
        'training.checkpointSeconds=0.001',
      ];
      await run('train', ...train, '--out', 'whole');
      const within = await killWithinEpoch(['train', ...train, ...STREAMED, '--out', 'cut']);
      expect(within).toBe(true);
      await run('resume', 'cut', '--json');
      expect(await contents('cut')).toEqual(await contents('whole'));
    },
  );

  it('names a split of its own beside the results', async () => {
    await prepareShop('timed', { method: 'global-time', valid: 0.1, test: 0.1 });
    const train = ['--data', 'timed', '--epochs', '1', '--seed', '2', '--device', 'cpu', ...TINY];
    expect(await run('train', ...train, '--out', 'timed-run')).toContain('seen items not masked; global-time');
    expect(await contents('timed-run')).toMatchObject({ results: { protocol: { split: 'global-time' } } });
    expect(await readFile(join(cwd, 'timed-run', 'README.md'), 'utf8')).toContain('Split global-time (');
    expect(await run('evaluate', 'timed-run')).toContain('seen items not masked; global-time');
  });

  it('uses the fields that are asked for', async () => {
    await prepareShop('fields', { method: 'leave-one-out' });
    const train = ['train', '--data', 'fields', '--epochs', '1', ...TINY];
    expect(await run(...train, '--set', 'data.fields=[brand]', '--out', 'branded')).toContain(
      'side information: brand (',
    );
    const { code, stderr } = await difsr([...train, '--set', 'data.fields=[brnd]'], { cwd, env });
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/"brnd" is no field of the data set.*\n +cure: did you mean brand\?/),
    ]);
  });
});

describe('a run whose prepared folder is not what it was', () => {
  it('is not resumed or evaluated on other data', async () => {
    await prepareShop('changing', { method: 'leave-one-out' });
    await run('train', '--data', 'changing', '--epochs', '1', '--out', 'before', ...TINY, ...STREAMED);
    await prepareShop('changing', { method: 'leave-one-out' }, 2);
    for (const command of ['resume', 'evaluate']) {
      const { code, stderr } = await difsr([command, 'before'], { cwd, env });
      expect([code, stderr]).toEqual([1, expect.stringContaining('is not the one that this run was trained on')]);
    }
    await rename(join(cwd, 'changing'), join(cwd, 'moved'));
    const gone = await difsr(['resume', 'before'], { cwd, env });
    expect([gone.code, gone.stderr]).toEqual([3, expect.stringContaining('--data PATH')]);
    await rm(join(cwd, 'moved/interactions.parquet'));
    const broken = await difsr(['evaluate', 'before', '--data', 'moved'], { cwd, env });
    expect([broken.code, broken.stderr]).toEqual([
      3,
      expect.stringMatching(/interactions\.parquet: does not exist\n +cure: prepare it again/),
    ]);
  });

  it.each([
    [['--set', 'data.userMin=5'], /data\.userMin: 5 has no meaning for a prepared data set/],
    [['--data', 'nowhere', '--format', 'prepared'], /nowhere.*this is no prepared data set/],
    [['--data', 'generated', ...STREAMED], /data\.streaming: "on" needs a prepared data set/],
    [['--set', 'data.streaming=yes'], /data\.streaming=yes: .*is not one of auto, on, off/],
  ])('is told what is wrong with %j', async (args, message) => {
    const { code, stderr } = await difsr(['train', '--data', 'fields', ...args, ...TINY], { cwd, env });
    expect([code === 2 || code === 3, stderr]).toEqual([true, expect.stringMatching(message)]);
    expect(stderr).toContain('cure: ');
  });
});

it(
  'Beauty: the same bytes in memory from the files, and streamed from the prepared form',
  { timeout: 600_000 },
  async ({ skip }) => {
    skip(!existsSync(join(S3REC, 'Beauty.txt')), 'needs ../shared/data/s3rec/Beauty.txt');
    await prepareS3Rec(S3REC, 'Beauty');
    const train = [
      '--epochs',
      '1',
      '--seed',
      '3',
      '--device',
      'cpu',
      '--model',
      'sasrec',
      ...TINY_MODEL,
      '--set',
      'training.targetsPerStep=16384',
      '--set',
      'evaluation.batchSize=2048',
    ];
    await run('train', '--data', join(S3REC, 'Beauty'), '--out', 'beauty-files', ...train);
    await run('train', '--data', 'prepared/Beauty', '--out', 'beauty-streamed', ...train, ...STREAMED);
    expect(await contents('beauty-streamed')).toEqual(await contents('beauty-files'));
  },
);

/** Starts a training, kills it without warning after a checkpoint within an epoch; tells whether there was one. */
function killWithinEpoch(args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [BIN, ...args], { cwd, env: { ...process.env, ...env }, stdio: 'pipe' });
    let printed = '';
    let within = false;
    child.stderr.resume();
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      // The third epoch, so that whole ones lie behind; a step that is not 0 is within it.
      within = /"kind":"checkpoint","epoch":3,"step":[1-9]/.test(printed);
      if (within) child.kill('SIGKILL');
    });
    child.on('close', () => resolve(within));
  });
}
