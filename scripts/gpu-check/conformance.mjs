// The conformance suite on one backend and device, in a process of its own: a driver that crashes ends this process alone.
//
//   node scripts/gpu-check/conformance.mjs BACKEND DEVICE [EVERY]
//
// EVERY: one of so many cases, for devices that are emulated. Failures go to stderr; the last line of stdout counts.
const { createOnnxRuntimeBackend } = await import('../../packages/onnxruntime/dist/index.js');
const { createTfjsBackend } = await import('../../packages/tfjs/dist/index.js');
const { conformanceCases, emptyCases, exactCases, runCase } =
  await import('../../packages/graph/dist/conformance/index.js');

const [name, device, every = '1'] = process.argv.slice(2);
const open = async () => {
  if (name === 'onnxruntime' && (device === 'cuda' || device === 'webgpu' || device === 'cpu'))
    return createOnnxRuntimeBackend({ device });
  if (name === 'tfjs' && (device === 'node-gpu' || device === 'node' || device === 'wasm' || device === 'cpu'))
    return createTfjsBackend({ device });
  throw new RangeError(`there is no device "${device}" of "${name}" to check`);
};
const backend = await open();
const cases = [...conformanceCases(), ...exactCases(), ...emptyCases()].filter((_, i) => i % Number(every) === 0);
let failed = 0;
for (const example of cases) {
  const { pass, detail } = await runCase(backend, { ...example, repeats: Math.min(example.repeats, 2) });
  if (pass) continue;
  failed++;
  console.error(detail);
}
await backend.dispose();
console.log(`${cases.length - failed} of ${cases.length} cases`);
process.exitCode = failed === 0 ? 0 : 1;
