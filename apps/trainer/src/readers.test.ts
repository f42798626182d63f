// Output whose reader has gone: every command does its work to the end, and ends with the exit code of that work.
import { existsSync } from 'node:fs';
import { open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN, difsrProcess, freshFolder, TINY, WINDOWS, writeRecbole } from './command.test.support.js';

let cwd = '';
beforeAll(async () => {
  cwd = await freshFolder();
  await writeRecbole(cwd);
  await writeFile(
    join(cwd, 'clicks.csv'),
    'user,item,time\nana,a,2024-01-01\nana,b,2024-01-02\nana,c,2024-01-03\nben,a,2024-01-04\nben,b,2024-01-05\nben,d,2024-01-06\n',
  );
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const epochsOf = async (run: string): Promise<number> =>
  (await readFile(join(cwd, run, 'history.jsonl'), 'utf8')).trim().split('\n').length;

describe.skipIf(WINDOWS).each(['stdout', 'both'] as const)('nobody reads (%s)', (unread) => {
  const run = `run-${unread}`;

  it('train, resume, evaluate and export end as they would have', async () => {
    const trained = await difsrProcess(['train', '--data', 'shop', '--epochs', '3', '--out', run, ...TINY], {
      cwd,
      unread,
    });
    expect(trained).toMatchObject({ code: 0, stderr: '' });
    expect(await epochsOf(run)).toBe(3);
    expect(await difsrProcess(['resume', run, '--epochs', '5', '--json'], { cwd, unread })).toMatchObject({ code: 0 });
    expect(await epochsOf(run)).toBe(5);
    expect(await difsrProcess(['evaluate', run], { cwd, unread })).toMatchObject({ code: 0 });
    expect(await difsrProcess(['export', run, '--onnx'], { cwd, unread })).toMatchObject({ code: 0 });
    expect((await stat(join(cwd, run, 'model.onnx'))).size).toBeGreaterThan(0);
  });

  it('data prepare and data generate write what they would have', async () => {
    const out = `data/${unread}`;
    const prepared = await difsrProcess(['data', 'prepare', 'clicks.csv', '--out', out], { cwd, unread });
    expect(prepared).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(join(cwd, out, 'dataset.json'))).toBe(true);
    const generated = ['data', 'generate', '--users', '50', '--items', '150', '--out', `made-${unread}`];
    expect(await difsrProcess(generated, { cwd, unread })).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(join(cwd, `made-${unread}`, 'dataset.yaml'))).toBe(true);
  });

  it('lists end quietly, and an error keeps its code', async () => {
    expect(await difsrProcess(['models'], { cwd, unread })).toMatchObject({ code: 0, stderr: '' });
    expect(await difsrProcess(['models', 'dif-rs'], { cwd, unread })).toMatchObject({ code: 2 });
  });
});

it('a reader that leaves in the middle of the training does not stop it', async () => {
  const args = ['train', '--data', 'shop', '--epochs', '3', '--out', 'left', ...TINY];
  const child = spawn(process.execPath, [BIN, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stderr.resume();
  child.stdout.on('data', (text: Buffer) => {
    if (text.includes('epoch 1/3')) child.stdout.destroy();
  });
  expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
  expect(await epochsOf('left')).toBe(3);
});

it('output that is lost though nobody left fails the command, after its work', async ({ skip }) => {
  skip(!existsSync('/dev/full'), 'needs /dev/full, a file that is always full');
  const full = await open('/dev/full', 'w');
  try {
    const args = ['train', '--data', 'shop', '--epochs', '1', '--out', 'full', ...TINY];
    const child = spawn(process.execPath, [BIN, ...args], { cwd, stdio: ['ignore', full.fd, 'pipe'] });
    let stderr = '';
    child.stderr?.on('data', (text: Buffer) => (stderr += text.toString()));
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(1);
    expect(stderr).toBe('error: the output cannot be written (ENOSPC); the work goes on\n');
    expect(existsSync(join(cwd, 'full', 'metrics.json'))).toBe(true);
  } finally {
    await full.close();
  }
});
