// The model that the pages recommend with: trained, asked and exported by the command line, as users do it.
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const command = join(dirname(createRequire(import.meta.url).resolve('difsr')), '..', 'bin', 'difsr.js');

/** A run folder, and what the command line recommends from it. */
export interface TrainedRun {
  readonly folder: string;
  readonly answers: readonly Answer[];
}

/** The answer of `difsr recommend --json` for a history. */
export interface Answer {
  readonly history: readonly string[];
  readonly items: readonly { readonly id: string; readonly score: number }[];
}

/** Item ids of the generated data; the second is longer than the model's longest sequence. */
const HISTORIES: readonly (readonly string[])[] = [
  ['item-3', 'item-7'],
  Array.from({ length: 12 }, (_, i) => `item-${7 * i + 1}`),
];

/** A DIF-SR that trains in seconds, large enough that scores differ. */
const SETTINGS = [
  'model.hiddenSize=16',
  'model.innerSize=32',
  'model.layers=2',
  'model.heads=2',
  'model.maxLength=10',
  'model.sideWidth=8',
  'model.fusion=gate',
  'training.epochs=1',
  'training.targetsPerStep=1024',
  'training.learningRate=0.01',
];

/** Trains on generated data, asks for ten recommendations for each history, and exports `model.onnx` into the folder. */
export async function trainRun(folder: string): Promise<TrainedRun> {
  await mkdir(dirname(folder), { recursive: true });
  await difsr(
    'train',
    '--data',
    'generated',
    '--model',
    'dif-sr',
    '--out',
    folder,
    ...SETTINGS.flatMap((each) => ['--set', each]),
  );
  const [answers] = await Promise.all([
    Promise.all(HISTORIES.map((history) => ask(folder, history))),
    difsr('export', folder, '--onnx', '-k', '20'),
  ]);
  return { folder, answers };
}

async function ask(folder: string, history: readonly string[]): Promise<Answer> {
  const text = await difsr('recommend', folder, '--history', history.join(' '), '-k', '10', '--json');
  const { items }: Pick<Answer, 'items'> = JSON.parse(text);
  return { history, items };
}

function difsr(...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve(stdout)
        : reject(new Error(`difsr ${args.join(' ')} ended with ${code}:\n${stderr}${stdout}`)),
    );
  });
}
