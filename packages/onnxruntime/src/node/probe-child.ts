// Tries one device in a process of its own, as drivers may crash. An entry file, never imported: `probe-child.js DEVICE`.
import { add, createGraph, input, matmul, reduceSum, scatterAdd, softmax, type Backend } from '@difsr/graph';
import { createOnnxRuntimeBackend } from './backend.js';
import { devices } from '../devices.js';

/** What the child sends: a problem, or how fast matrix products are. */
export type ProbeAnswer = { readonly problem: string } | { readonly gigaflops: number };

async function attempt(): Promise<ProbeAnswer> {
  const device = devices.find((each) => each === process.argv[2]);
  if (device === undefined) return { problem: `no device "${process.argv[2] ?? ''}"` };
  const backend = await createOnnxRuntimeBackend({ device });
  const values = await smallGraph(backend);
  if (values !== '1.5 1.5 2 2') return { problem: `it computes wrong results (${values} instead of 1.5 1.5 2 2)` };
  const gigaflops = await speed(backend);
  await backend.dispose();
  return { gigaflops };
}

async function smallGraph(backend: Backend): Promise<string> {
  const x = input('x', ['n', 2]);
  const rows = scatterAdd(input('ids', ['n'], 'int32'), softmax(matmul(x, input('w', [2, 2]))), [2, 2]);
  const program = await backend.compile(createGraph({ y: add(rows, 1) }), { label: 'probe' });
  const { y } = await program.run({
    x: { dtype: 'float32', shape: [3, 2], data: new Float32Array(6) },
    w: { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
    ids: { dtype: 'int32', shape: [3], data: Int32Array.of(0, 1, 1) },
  });
  return y === undefined ? '' : [...y.data].join(' ');
}

/** Of a product of two square matrices, the second run; a software adapter is not kept busy with the large one. */
async function speed(backend: Backend): Promise<number> {
  const a = input('a', ['n', 'n']);
  const program = await backend.compile(createGraph({ y: reduceSum(matmul(a, a)) }), { label: 'speed' });
  let best = 0;
  for (const n of [256, 1024]) {
    if (n > 256 && best < 2) break;
    for (let run = 0; run < 2; run++) {
      const start = performance.now();
      await program.run({ a: { dtype: 'float32', shape: [n, n], data: new Float32Array(n * n) } });
      best = Math.max(best, (2 * n ** 3) / 1e6 / (performance.now() - start));
    }
  }
  return best;
}

attempt()
  .catch((error: unknown): ProbeAnswer => ({ problem: error instanceof Error ? error.message : String(error) }))
  .then((answer) => process.send?.(answer, () => process.exit(0)));
