// What a training and an evaluation make of a backend is freed, whichever of their steps fails.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDataset } from '@difsr/data';
import { createReferenceBackend, type Backend } from '@difsr/graph';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runConfigSchema } from '../config.js';
import { evaluateRun, openRun, train } from '../index.js';

const dataset = generateDataset({ seed: 7, users: 20, items: 130 });
// With fields in the item table an evaluation has two programs.
const config = runConfigSchema.parse({
  model: { name: 'sasrec', hiddenSize: 4, innerSize: 4, layers: 1, maxLength: 4, itemFields: 'sum' },
  training: { epochs: 1, targetsPerStep: 64 },
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-freed-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A backend that makes so many programs and sets of variables and no more, and what of them is not freed. */
function watched(most: number): { readonly backend: Backend; readonly open: Set<unknown>; made: number } {
  const own = createReferenceBackend();
  const watch = { open: new Set<unknown>(), made: 0 };
  const kept = async <T extends { dispose: () => Promise<void> }>(make: () => Promise<T>): Promise<T> => {
    if (watch.made === most) throw new Error('out of memory');
    watch.made++;
    const part = await make();
    watch.open.add(part);
    const dispose = part.dispose.bind(part);
    return Object.assign(part, { dispose: async () => (watch.open.delete(part), dispose()) });
  };
  const backend: Backend = {
    name: own.name,
    device: own.device,
    createVariables: (values) => kept(async () => own.createVariables(values)),
    compile: (graph, options) => kept(async () => own.compile(graph, options)),
    dispose: () => own.dispose(),
  };
  return Object.assign(watch, { backend });
}

it.each(['training', 'evaluation'])('%s leaves nothing behind, whichever compilation fails', async (what) => {
  const run = join(folder, 'run');
  if (what === 'evaluation') await train({ config, dataset, backend: createReferenceBackend(), out: run });
  const work = async (backend: Backend, out: string): Promise<unknown> =>
    what === 'training'
      ? train({ config, dataset, backend, out })
      : evaluateRun({ run: await openRun(run), dataset, backend });
  const whole = watched(Infinity);
  await work(whole.backend, join(folder, 'whole'));
  expect(whole.made).toBeGreaterThanOrEqual(3);
  expect([...whole.open]).toEqual([]);
  for (let most = 0; most < whole.made; most++) {
    const { backend, open } = watched(most);
    await expect(work(backend, join(folder, `${most}`))).rejects.toThrow('out of memory');
    expect([...open]).toEqual([]);
  }
});
