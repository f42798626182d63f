// The suite run on the reference backend: it must pass its own oracle, and must catch backends that are wrong.
import { describe, expect, it } from 'vitest';
import type { Backend, HostTensor, Program } from '../backend.js';
import { opNames } from '../ops.js';
import { printGraph } from '../print.js';
import { createReferenceBackend } from '../reference/index.js';
import {
  conformanceCases,
  contractChecks,
  emptyCases,
  exactCases,
  runCase,
  skipReason,
  type ConformanceCase,
} from './index.js';

const cases = [...conformanceCases(), ...exactCases(), ...emptyCases()];

/** A backend whose outputs are falsified in every `period`-th run. */
function falsified(period: number, change: (tensor: HostTensor) => HostTensor): Backend {
  const inner = createReferenceBackend();
  let runs = 0;
  const wrap = (program: Program): Program => ({
    dispose: () => program.dispose(),
    run: async (feeds) => {
      const outputs = await program.run(feeds);
      return ++runs % period === 0
        ? Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, change(tensor)]))
        : outputs;
    },
  });
  return {
    name: 'false',
    device: 'cpu',
    createVariables: (values) => inner.createVariables(values),
    compile: async (graph, options) => wrap(await inner.compile(graph, options)),
    dispose: () => inner.dispose(),
  };
}

const caseNamed = (part: string): ConformanceCase => cases.find(({ name }) => name.includes(part)) ?? cases[0]!;
const first = (tensor: HostTensor, f: (x: number) => number): HostTensor => ({
  ...tensor,
  data: tensor.data.map((x, i) => (i === 0 ? f(x) : x)),
});

describe('conformance suite', () => {
  it('has forward cases of every op, and names that are unique', () => {
    const forward = new Set(cases.filter(({ kind }) => kind === 'forward').map(({ op }) => op));
    expect(opNames.filter((op) => !forward.has(op))).toEqual([]);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });

  it('builds the same case at every call', () => {
    for (const example of conformanceCases({ ops: ['contract', 'slice', 'topK'] })) {
      const [once, again] = [example.build(), example.build()];
      expect(printGraph(again.graph)).toBe(printGraph(once.graph));
      for (const [name, feed] of Object.entries(once.feeds)) expect(again.feeds[name]).toStrictEqual(feed);
    }
  });

  describe.each(['forward', 'gradient', 'exact'] as const)('%s', (kind) => {
    it.each(opNames.filter((op) => cases.some((example) => example.op === op && example.kind === kind)))(
      '%s agrees with the oracle',
      async (op) => {
        const backend = createReferenceBackend();
        for (const example of cases) {
          if (example.op !== op || example.kind !== kind) continue;
          const { pass, worst, detail } = await runCase(backend, { ...example, repeats: 1 });
          expect(pass, detail).toBe(true);
          expect(worst).toBe(0);
        }
      },
    );
  });

  it.each(contractChecks)('reference backend: $name', async ({ run }) => {
    await run(async () => createReferenceBackend());
  });
});

describe('a wrong backend', () => {
  it('is caught by an error just above the tolerance, and not just below', async () => {
    const example = caseNamed('tanh, forward: matrix');
    // one element is off by 2e-5 of the largest one, times 1.2 and 0.8
    const off = (factor: number): Backend =>
      falsified(1, (tensor) =>
        first(tensor, (x) => x + factor * (2e-5 * Math.max(...tensor.data.map(Math.abs)) + 1e-6)),
      );
    expect((await runCase(off(1.2), example)).pass).toBe(false);
    expect((await runCase(off(0.8), example)).pass).toBe(true);
  });

  it('is caught when it loses one update in one run of a hundred', async () => {
    const { pass, worst, detail } = await runCase(
      falsified(99, (tensor) => first(tensor, (x) => x + 1)),
      { ...caseNamed('into one of 7'), repeats: 100 },
    );
    expect(pass).toBe(false);
    expect(worst).toBe(Infinity);
    expect(detail).toContain('run 99 of 100, output "y", element 0');
  });

  it('is caught by a dtype, a shape, NaN, and a missing output', async () => {
    const example = caseNamed('add, forward: same shape');
    const wrong: ((tensor: HostTensor) => HostTensor)[] = [
      (tensor) => ({ ...tensor, shape: [...tensor.shape, 1] }),
      (tensor) => ({ ...tensor, dtype: 'int32', data: Int32Array.from(tensor.data) }),
      (tensor) => first(tensor, () => Number.NaN),
    ];
    for (const change of wrong) expect((await runCase(falsified(1, change), example)).worst).toBe(Infinity);
    const silent: Backend = {
      ...falsified(1, (x) => x),
      compile: async () => ({ run: async () => ({}), dispose: async () => undefined }),
    };
    expect((await runCase(silent, example)).detail).toContain('is missing');
  });

  it('can skip an op, also where it stands in the gradient of another', () => {
    const skips = { scatterAdd: 'no kernel' };
    expect(skipReason(caseNamed('gather, gradient'), skips)).toBe('scatterAdd: no kernel');
    expect(skipReason(caseNamed('gather, forward'), skips)).toBeUndefined();
    expect(skipReason(caseNamed('scatterAdd, forward'), skips)).toBe('scatterAdd: no kernel');
  });
});
