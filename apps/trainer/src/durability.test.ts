// What a run survives, shown on the built command with ONNX Runtime: repetition to the byte, and SIGKILL at any moment.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BIN, difsrProcess, freshFolder } from './command.test.support.js';

const ML100K = fileURLToPath(new URL('../../../../shared/data/recbole/ml-100k', import.meta.url));
const REAL = existsSync(ML100K);
const NEEDS = 'needs ../shared/data/recbole/ml-100k';
/** Every part of the real configuration, in a size that lets the whole test finish in minutes. */
const MODEL = [
  '--device',
  'cpu',
  ...[
    'model.hiddenSize=16',
    'model.innerSize=32',
    'model.sideWidth=8',
    'model.fusion=gate',
    'model.layers=1',
    'training.targetsPerStep=4096',
  ].flatMap((setting) => ['--set', setting]),
];

let folder: string;
beforeEach(async () => {
  folder = await freshFolder();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Files are prepared once: what is killed is training. */
const cached = (): { readonly DIFSR_CACHE: string } => ({ DIFSR_CACHE: join(folder, 'cache') });

const digest = async (run: string, file: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(join(run, file)))
    .digest('hex');
const digests = async (run: string): Promise<string[]> => [
  await digest(run, 'model.safetensors'),
  await digest(run, 'optimizer.safetensors'),
];

/** Starts a command and kills it without warning after some milliseconds; tells whether it had ended by itself. */
function killAfter(args: readonly string[], milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [BIN, ...args], { stdio: 'ignore', env: { ...process.env, ...cached() } });
    const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(code === 0);
    });
  });
}

/** A small generator of delays: the same kills in every run of this test. */
function* delays(seed: number, least: number, most: number): Generator<number> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield least + (state / 2 ** 32) * (most - least);
  }
}

/** How often a run is repeated: what shows itself more rarely is for `pnpm soak repetition`. */
const TIMES = process.env['DIFSR_SOAK'] === '1' ? 20 : 4;

describe('a run on ml-100k', () => {
  it(`gives the same bytes ${TIMES} times in a row`, { timeout: 900_000 }, async ({ skip }) => {
    skip(!REAL, NEEDS);
    const seen = new Set<string>();
    for (let i = 0; i < TIMES; i++) {
      const out = join(folder, `run${i}`);
      const ended = await difsrProcess(
        ['train', '--data', ML100K, '--epochs', '1', '--seed', '5', '--out', out, ...MODEL],
        {
          cwd: folder,
        },
      );
      expect(ended.code, ended.stderr).toBe(0);
      seen.add((await digests(out)).join());
    }
    expect(seen.size).toBe(1);
  });

  it(
    'killed again and again, within epochs and within saves, ends as one that was not, and redoes no finished epoch',
    { timeout: 900_000 },
    async ({ skip }) => {
      skip(!REAL, NEEDS);
      const common = [
        '--data',
        ML100K,
        '--epochs',
        '4',
        '--seed',
        '6',
        '--set',
        'training.checkpointSeconds=0.05',
        ...MODEL,
      ];
      const whole = join(folder, 'whole');
      const prepared = await difsrProcess(['data', 'stats', ML100K], { cwd: folder, env: cached() });
      expect(prepared.code, prepared.stderr).toBe(0);
      const started = performance.now();
      const ended = await difsrProcess(['train', ...common, '--out', whole], { cwd: folder, env: cached() });
      expect(ended.code, ended.stderr).toBe(0);
      const duration = performance.now() - started;

      const cut = join(folder, 'cut');
      const pause = delays(99, duration * 0.15, duration * 0.6);
      let kills = 0;
      let finished = await killAfter(['train', ...common, '--out', cut], duration * 0.3);
      for (let tries = 0; !finished && tries < 40; tries++) {
        kills++;
        // A machine that has become busier since the whole run needs longer to get anywhere: patience grows.
        finished = await killAfter(['resume', cut], pause.next().value * (1 + tries / 8));
      }
      expect(finished, 'the run gets to its end').toBe(true);
      expect(kills).toBeGreaterThanOrEqual(2);
      expect(await digests(cut)).toEqual(await digests(whole));
      const epochs = (await readFile(join(cut, 'history.jsonl'), 'utf8'))
        .trim()
        .split('\n')
        .map((line): unknown => JSON.parse(line));
      expect(epochs).toMatchObject([{ epoch: 1 }, { epoch: 2 }, { epoch: 3 }, { epoch: 4 }]);
    },
  );
});
