// What is made of a backend is freed, whichever of its steps fails.
import { createReferenceBackend, type Backend } from '@difsr/graph';
import { expect, it } from 'vitest';
import { exportTask, Owned, precompute } from './index.js';
import { FEATURES, tiny, weightsOf } from './tiny.test.support.js';

it('all is freed, the last first, whatever cannot be', async () => {
  const freed: string[] = [];
  const part = (name: string, fails = false): { dispose: () => Promise<void> } => ({
    dispose: async () => {
      freed.push(name);
      if (fails) throw new Error(`${name} cannot be freed`);
    },
  });
  const owned = new Owned();
  for (const each of [part('a'), part('b', true), part('c')]) expect(owned.add(each)).toBe(each);
  await expect(owned.dispose()).rejects.toThrow('b cannot be freed');
  await owned.dispose();
  expect(freed).toEqual(['c', 'b', 'a']);
});

/** A backend of which one step fails, the `failing`-th, and what of it is not freed. */
function watched(failing: number): { readonly backend: Backend; readonly open: Set<unknown>; steps: number } {
  const own = createReferenceBackend();
  const watch = { open: new Set<unknown>(), steps: 0 };
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    if (watch.steps++ === failing) throw new Error('out of memory');
    return work();
  };
  const kept = <T extends { dispose: () => Promise<void> }>(part: T): T => {
    watch.open.add(part);
    const dispose = part.dispose.bind(part);
    return Object.assign(part, { dispose: async () => (watch.open.delete(part), dispose()) });
  };
  const backend: Backend = {
    ...own,
    createVariables: async (values) => step(async () => kept(await own.createVariables(values))),
    compile: async (graph, options) =>
      step(async () => {
        const program = kept(await own.compile(graph, options));
        const run = program.run.bind(program);
        return Object.assign(program, {
          run: async (feeds: Parameters<typeof run>[0]) => step(async () => run(feeds)),
        });
      }),
  };
  return Object.assign(watch, { backend });
}

it('what is computed once leaves nothing behind, whichever step fails', async () => {
  const model = tiny('sasrec', { itemFields: 'sum' });
  const task = exportTask(model, 3, { includeNew: true });
  const given = { ...FEATURES, ...weightsOf(task) };
  const steps = watched(-1);
  await precompute(model, task, given, steps.backend);
  expect([steps.steps, steps.open.size]).toEqual([3, 0]);
  for (let failing = 0; failing < steps.steps; failing++) {
    const { backend, open } = watched(failing);
    await expect(precompute(model, task, given, backend)).rejects.toThrow('out of memory');
    expect([...open]).toEqual([]);
  }
});
