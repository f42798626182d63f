// A small model that is trained on a backend, for tests of what backends promise over whole training steps.
import {
  add,
  cast,
  fillWords,
  gather,
  gelu,
  input,
  layerNorm,
  matmul,
  mul,
  optimizerScalars,
  reduceMean,
  slice,
  streamId,
  tableCrossEntropy,
  trainingStep,
  type Backend,
  type Feeds,
  type HostTensor,
  type Parameter,
  type Tensor,
  type TrainingStep,
} from '@difsr/graph';

export const floats = (shape: readonly number[], values: ArrayLike<number>): HostTensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});
const ints = (...values: number[]): HostTensor => ({
  dtype: 'int32',
  shape: [values.length],
  data: Int32Array.from(values),
});

/** Values in [-0.5, 0.5), the same for every call with the same name. */
function noise(name: string, shape: readonly number[]): HostTensor {
  const words = fillWords(
    { seed: 1, step: 0, stream: streamId(name) },
    new Uint32Array(shape.reduce((a, b) => a * b, 1)),
  );
  return floats(
    shape,
    Float32Array.from(words, (word) => word / 2 ** 32 - 0.5),
  );
}

export interface Setting {
  readonly step: TrainingStep;
  readonly values: Record<string, HostTensor>;
  feeds(step: number): Feeds;
}

/** A small model with an embedding, dropout, a block and a loss over the table, trained by Adam. */
export function smallModel(classes: number, width: number, targets: number): Setting {
  const parameters: Parameter[] = [];
  const values: Record<string, HostTensor> = {};
  const parameter = (name: string, shape: readonly number[]): Tensor => {
    const tensor = input(name, shape);
    parameters.push({ name, tensor, decay: true, trainable: true });
    values[name] = noise(name, shape);
    return tensor;
  };
  const table = parameter('table', [classes, width]);
  const keep = input('keep', ['targets', width], 'bool');
  const x = mul(gather(table, input('items', ['targets'], 'int32')), mul(2, cast(keep, 'float32')));
  const hidden = gelu(matmul(x, parameter('w', [2 * width, width]), { transB: true }));
  const h = layerNorm(
    add(x, slice(hidden, 1, 0, width)),
    parameter('scale', [width]),
    parameter('bias', [width]),
    1e-12,
  );
  const loss = reduceMean(tableCrossEntropy(h, table, input('labels', ['targets'], 'int32'), 1));
  const step = trainingStep({ loss, parameters, optimizer: { kind: 'adam', decay: 0.01 }, clipNorm: 1 });
  for (const [name, shape] of step.state)
    values[name] = floats(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));
  const ids = (stream: string, at: number): HostTensor =>
    ints(
      ...Array.from(
        fillWords({ seed: 2, step: at, stream: streamId(stream) }, new Uint32Array(targets)),
        (word) => 1 + (word % (classes - 1)),
      ),
    );
  const feeds = (at: number): Feeds => ({
    items: ids('items', at),
    labels: ids('labels', at),
    keep: { mask: { seed: 1, step: at, stream: streamId('keep') }, rate: 0.5, shape: [targets, width] },
    ...Object.fromEntries(
      Object.entries(optimizerScalars({ kind: 'adam' }, at, 0.01))
        .filter(([name]) => step.graph.inputs.has(name))
        .map(([name, value]) => [name, floats([], [value])]),
    ),
  });
  return { step, values, feeds };
}

/** Losses of some steps from the initial values, and what they have made of the values. */
export type Trained = { readonly losses: number[]; readonly after: Record<string, HostTensor> };

/** Trains from the initial values, `times` times with one program. */
export async function train(backend: Backend, setting: Setting, steps: number, times = 1): Promise<Trained[]> {
  const { step, values, feeds } = setting;
  const trained: Trained[] = [];
  const variables = await backend.createVariables(values);
  const program = await backend.compile(step.graph, { variables, updates: step.updates, label: 'train' });
  for (let time = 0; time < times; time++) {
    if (time > 0) await variables.write(values);
    const losses: number[] = [];
    for (let at = 1; at <= steps; at++) losses.push((await program.run(feeds(at)))['loss']?.data[0] ?? Number.NaN);
    trained.push({ losses, after: await variables.read() });
  }
  await program.dispose();
  await variables.dispose();
  return trained;
}

export const NOTHING: Trained = { losses: [], after: {} };

export async function using(backend: Backend, body: (backend: Backend) => Promise<void>): Promise<void> {
  try {
    await body(backend);
  } finally {
    await backend.dispose();
  }
}
