// The suite that every backend passes, on the devices of tfjs that run without a GPU or a browser.
import { opNames, type Backend } from '@difsr/graph';
import {
  conformanceCases,
  contractChecks,
  emptyCases,
  exactCases,
  runCase,
  type ConformanceCase,
} from '@difsr/graph/conformance';
import { createTfjsBackend } from '@difsr/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The devices compute in one thread: hundreds of repeats, which look for races, would find nothing (that a run gives the
// same bits again is tested in backend.test.ts).
const cases: readonly ConformanceCase[] = [...conformanceCases(), ...exactCases(), ...emptyCases()].map((example) => ({
  ...example,
  repeats: 1,
}));

describe.each(['wasm', 'cpu'] as const)('%s', (device) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await createTfjsBackend({ device });
  });
  afterAll(() => backend.dispose());

  describe.each(['forward', 'gradient', 'exact'] as const)('%s', (kind) => {
    it.each(opNames.filter((op) => cases.some((example) => example.op === op && example.kind === kind)))(
      '%s',
      async (op) => {
        const failures: string[] = [];
        for (const example of cases) {
          if (example.op !== op || example.kind !== kind) continue;
          const { pass, detail } = await runCase(backend, example);
          if (!pass) failures.push(detail);
        }
        expect(failures).toEqual([]);
      },
    );
  });

  it.each(contractChecks)('$name', ({ run }) => run(() => createTfjsBackend({ device })));
});
