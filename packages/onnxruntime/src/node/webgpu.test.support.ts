// Run by webgpu.test.ts in a process of its own, whose environment names a Vulkan driver: DIF attention and a handful of
// ops on the webgpu device. An entry file: it prints one line of JSON.
import {
  add,
  BackendError,
  createGraph,
  createReferenceBackend,
  input,
  matmul,
  mul,
  reshape,
  select,
  softmax,
  transpose,
  type Backend,
  type Feeds,
  type Graph,
  type HostTensor,
  type OpName,
  type Tensor,
} from '@difsr/graph';
import { conformanceCases, runCase, type ConformanceCase } from '@difsr/graph/conformance';
import { createOnnxRuntimeBackend } from './backend.js';

/** What the test reads. */
export interface WebgpuReport {
  /** Why nothing could be tried. */
  readonly unusable?: string;
  /** What was tried and is wrong. */
  readonly failures: readonly string[];
  readonly tried: number;
  /** Largest difference of DIF attention from the reference. */
  readonly attention: number;
  /** DIF attention in float16: the same, or the error. */
  readonly float16: number | string;
}

const OPS: readonly OpName[] = [
  'matmul',
  'softmax',
  'layerNorm',
  'gather',
  'scatterAdd',
  'gelu',
  'tableCrossEntropy',
  'topK',
  'rank',
];
const [ROWS, LENGTH, WIDTH, HEADS] = [2, 5, 8, 2];

/** `[b, n, w] -> [b, h, n, w / h]` */
function heads(x: Tensor, width: number): Tensor {
  return transpose(reshape(x, ['b', LENGTH, HEADS, width / HEADS]), [0, 2, 1, 3]);
}

/** DIF attention, fusion "sum": an item stream of width 8, one side source of width 4, positions that are the same in all rows. */
function attention(): Graph {
  const [item, side] = [input('item', ['b', LENGTH, WIDTH]), input('side', ['b', LENGTH, 4])];
  const scores = (x: Tensor, name: string, width: number): Tensor => {
    const projected = (kind: string): Tensor => heads(matmul(x, input(`${kind}.${name}`, [width, width])), width);
    return matmul(projected('query'), projected('key'), { transB: true });
  };
  const fused = add(
    add(scores(item, 'item', WIDTH), scores(side, 'side', 4)),
    input('position', [1, HEADS, LENGTH, LENGTH]),
  );
  const mask = select(input('visible', ['b', 1, LENGTH, LENGTH], 'bool'), 0, -10_000);
  const probabilities = softmax(add(mul(fused, 1 / Math.sqrt(WIDTH / HEADS)), mask));
  const values = heads(matmul(item, input('value', [WIDTH, WIDTH])), WIDTH);
  const merged = reshape(transpose(matmul(probabilities, values), [0, 2, 1, 3]), ['b', LENGTH, WIDTH]);
  return createGraph({ output: matmul(merged, input('output.weight', [WIDTH, WIDTH])) });
}

function feedsOf(graph: Graph): Feeds {
  return Object.fromEntries(
    [...graph.inputs].map(([name, { shape, dtype }], at): [string, HostTensor] => {
      const sizes = shape.map((dim) => (dim === 'b' ? ROWS : Number(dim)));
      const count = sizes.reduce((a, b) => a * b, 1);
      if (dtype === 'bool') {
        const causal = Uint8Array.from({ length: count }, (_, i) =>
          i % LENGTH <= Math.floor(i / LENGTH) % LENGTH ? 1 : 0,
        );
        return [name, { dtype, shape: sizes, data: causal }];
      }
      const data = Float32Array.from({ length: count }, (_, i) => Math.sin(3 * i * i + at));
      return [name, { dtype, shape: sizes, data }];
    }),
  );
}

async function difference(backend: Backend): Promise<number> {
  const graph = attention();
  const feeds = feedsOf(graph);
  const reference = await (await createReferenceBackend().compile(graph)).run(feeds);
  const { output } = await (await backend.compile(graph, { label: 'attention' })).run(feeds);
  const expected = reference['output']?.data ?? [];
  return Math.max(...Array.from(expected, (value, i) => Math.abs((output?.data[i] ?? Number.NaN) - value)));
}

async function report(): Promise<WebgpuReport> {
  const backend = await createOnnxRuntimeBackend({ device: 'webgpu' });
  const failures: string[] = [];
  let found: number;
  try {
    found = await difference(backend);
  } catch (error) {
    return { unusable: String(error), failures, tried: 0, attention: Number.NaN, float16: '' };
  }
  const all = [...conformanceCases({ seeds: [1], ops: OPS })];
  const some = OPS.flatMap((op): ConformanceCase[] =>
    (['forward', 'gradient'] as const).flatMap(
      (kind) => all.find((each) => each.op === op && each.kind === kind) ?? [],
    ),
  );
  for (const example of some) {
    const { pass, detail } = await runCase(backend, example);
    if (!pass) failures.push(detail);
  }
  await backend.dispose();
  const half = await createOnnxRuntimeBackend({ device: 'webgpu', precision: 'float16' });
  const float16 = await difference(half).catch((error: unknown) => {
    if (error instanceof BackendError) return error.message;
    throw error;
  });
  await half.dispose();
  return { failures, tried: some.length, attention: found, float16 };
}

const line = JSON.stringify(await report());
// Drivers that are emulated in software sometimes crash when they are torn down: the answer goes out before.
process.stdout.write(`${line}\n`, () => process.exit(0));
