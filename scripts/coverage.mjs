// `pnpm coverage`: runs the conformance suite on every backend and device that works on this machine and writes
// docs/coverage.md. Devices that do not work stay in the page as not tried, with the reason.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from './coverage/page.mjs';
import { ROOT } from './bootstrap.mjs';

const { opNames, createReferenceBackend } = await import('../packages/graph/dist/index.js');
const { conformanceCases, emptyCases, exactCases, runCase } =
  await import('../packages/graph/dist/conformance/index.js');
const { createOnnxRuntimeBackend } = await import('../packages/onnxruntime/dist/index.js');
const { createTfjsBackend } = await import('../packages/tfjs/dist/index.js');

/** @type {readonly (readonly [backend: string, device: string, open: () => Promise<import('../packages/graph/dist/index.js').Backend>])[]} */
const candidates = [
  ['reference', 'cpu', async () => createReferenceBackend()],
  .../** @type {const} */ (['cpu', 'cuda', 'webgpu']).map(
    (device) => /** @type {const} */ (['onnxruntime', device, () => createOnnxRuntimeBackend({ device })]),
  ),
  .../** @type {const} */ (['wasm', 'cpu', 'node', 'node-gpu', 'webgl', 'webgpu']).map(
    (device) => /** @type {const} */ (['tfjs', device, () => createTfjsBackend({ device })]),
  ),
];

const cases = [...conformanceCases(), ...exactCases(), ...emptyCases()];
/** @type {import('./coverage/page.mjs').Column[]} */
const columns = [];

for (const [backend, device, open] of candidates) {
  const start = performance.now();
  /** @type {import('./coverage/page.mjs').Counts} */
  const counts = {};
  try {
    const opened = await open();
    for (const example of cases) {
      const cell = ((counts[example.op] ??= {})[example.kind] ??= { passed: 0, all: 0 });
      cell.all++;
      // A few runs: this page says what a device can do, the tests look for races.
      const { pass, detail } = await runCase(opened, { ...example, repeats: Math.min(example.repeats, 2) });
      if (pass) cell.passed++;
      else console.error(`${backend} ${device}: ${detail}`);
    }
    await opened.dispose();
    columns.push({ backend, device, counts });
    console.log(`${backend} ${device}: ${cases.length} cases, ${((performance.now() - start) / 1000).toFixed(0)} s`);
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
    columns.push({ backend, device, reason });
    console.log(`${backend} ${device}: not tried: ${reason}`);
  }
}

writeFileSync(join(ROOT, 'docs', 'coverage.md'), format(opNames, columns));
