// Tries one device in a process of its own, as drivers may crash. An entry file, never imported: `probe-child.js DEVICE`.
import { add, createGraph, input, matmul, scatterAdd, softmax } from '@difsr/graph';
import { createOnnxRuntimeBackend } from './backend.js';
import { devices } from './devices.js';

/** What is wrong, or null. */
async function attempt(): Promise<string | null> {
  const device = devices.find((each) => each === process.argv[2]);
  if (device === undefined) return `no device "${process.argv[2] ?? ''}"`;
  const backend = await createOnnxRuntimeBackend({ device, threads: 1 });
  const x = input('x', ['n', 2]);
  const rows = scatterAdd(input('ids', ['n'], 'int32'), softmax(matmul(x, input('w', [2, 2]))), [2, 2]);
  const program = await backend.compile(createGraph({ y: add(rows, 1) }), { label: `probe of ${device}` });
  const { y } = await program.run({
    x: { dtype: 'float32', shape: [3, 2], data: new Float32Array(6) },
    w: { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
    ids: { dtype: 'int32', shape: [3], data: Int32Array.of(0, 1, 1) },
  });
  const values = y === undefined ? '' : [...y.data].join(' ');
  await backend.dispose();
  return values === '1.5 1.5 2 2' ? null : `it computes wrong results (${values} instead of 1.5 1.5 2 2)`;
}

attempt()
  .catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
  .then((problem) => process.send?.({ problem }, () => process.exit(0)));
