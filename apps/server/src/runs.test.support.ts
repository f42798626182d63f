// For tests: two tiny runs whose items have different ids, trained once for all files of tests.
import { rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVocabulary, generateDataset, type Dataset } from '@difsr/data';
import { createOnnxRuntimeBackend } from '@difsr/onnxruntime';
import { runConfigSchema, train } from '@difsr/training';
import { pino } from 'pino';

/** Items of a run: `NAME-1`, `NAME-2`, .. */
const ITEMS = 126;

/** The generated shop with ids that begin with a name. */
function shop(name: string, seed: number): Dataset {
  const dataset = generateDataset({ users: 40, items: ITEMS, seed });
  const tokens = dataset.items.tokens.slice(1).map((token) => token.replace('item', name));
  return { ...dataset, items: createVocabulary(tokens) };
}

async function trainRun(out: string, name: string, seed: number): Promise<void> {
  const backend = await createOnnxRuntimeBackend({ threads: 1 });
  const config = runConfigSchema.parse({
    model: { name: 'dif-sr', hiddenSize: 8, innerSize: 8, layers: 1, heads: 2, sideWidth: 4, maxLength: 8 },
    training: { epochs: 1, targetsPerStep: 64, seed, checkpointSeconds: 0 },
    evaluation: { ks: [10], test: false },
  });
  try {
    await train({ config, dataset: shop(name, seed), backend, out });
  } finally {
    await backend.dispose();
  }
}

let trained: Promise<string> | undefined;

async function trainRuns(): Promise<string> {
  const folder = await freshFolder();
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await trainRun(join(folder, 'a'), 'a', 1);
  await trainRun(join(folder, 'b'), 'b', 2);
  return folder;
}

/** A fresh folder. */
export function freshFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'difsr-server-'));
}

/** A fresh folder of versions: runs `a` and `b`, of which the ids begin with these, and `current`, which names `a`. */
export async function versionsFolder(): Promise<string> {
  trained ??= trainRuns();
  const folder = await freshFolder();
  await cp(await trained, folder, { recursive: true });
  await pointTo(folder, 'a');
  return folder;
}

/** Lets the pointer of a folder of versions name another one, as it is told to users. */
export async function pointTo(folder: string, name: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, '.next'), `${name}\n`);
  await rename(join(folder, '.next'), join(folder, 'current'));
}

/** A logger whose lines can be read. */
export function keptLog(level = 'info'): { readonly logger: pino.Logger; readonly lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { logger, lines };
}
