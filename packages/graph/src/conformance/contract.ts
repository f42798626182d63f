// What every backend promises beside right numbers: state, order, ownership, errors. Each check is a
// function that throws where the promise is broken, so that any test framework can run it.
import { BackendError, type Backend, type HostTensor } from '../backend.js';
import { add, and, cast, constantArray, gather, input, mul, not, or, reduceSum, select } from '../build.js';
import { createGraph } from '../graph.js';
import { GraphError } from '../types.js';
import { checkSplitStep } from './contract-training.js';

/** A promise of the {@link Backend} interface. */
export interface ContractCheck {
  readonly name: string;
  /** Throws where the promise is broken. `create` makes a fresh backend; the check disposes it. */
  readonly run: (create: () => Promise<Backend>) => Promise<void>;
}

const vector = (...values: number[]): HostTensor => ({
  dtype: 'float32',
  shape: [values.length],
  data: Float32Array.from(values),
});

function expectValues(what: string, actual: HostTensor | undefined, values: readonly number[]): void {
  const got = actual === undefined ? 'nothing' : Array.from(actual.data).join(' ');
  if (got !== values.join(' ')) throw new Error(`${what}: expected ${values.join(' ')}, got ${got}`);
}

async function expectRejection(
  what: string,
  kind: typeof GraphError | typeof BackendError,
  attempt: () => Promise<unknown>,
): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    if (error instanceof kind) return;
    throw new Error(`${what}: expected a ${kind.name}, got ${String(error)}`, { cause: error });
  }
  throw new Error(`${what}: expected a ${kind.name}, but it succeeded`);
}

const check = (name: string, body: (backend: Backend) => Promise<void>): ContractCheck => ({
  name,
  run: async (create) => {
    const backend = await create();
    try {
      await body(backend);
    } finally {
      await backend.dispose();
    }
  },
});

/** total' = total + x, with the sum of x returned. */
function counter(): ReturnType<typeof createGraph> {
  const x = input('x', [2]);
  return createGraph({ next: add(input('total', [2]), x), sum: reduceSum(x) });
}

/** Every promise, one check each. */
export const contractChecks: readonly ContractCheck[] = [
  check('an update becomes the variable and is not returned', async (backend) => {
    const variables = await backend.createVariables({ total: vector(1, 2) });
    const program = await backend.compile(counter(), { variables, updates: { total: 'next' } });
    for (let run = 0; run < 3; run++) {
      const outputs = await program.run({ x: vector(10, 20) });
      expectValues('the other output', outputs['sum'], [30]);
      if ('next' in outputs) throw new Error('the update was returned');
    }
    expectValues('after three runs', (await variables.read())['total'], [31, 62]);
  }),
  check('updates of one run all read the old values', async (backend) => {
    const variables = await backend.createVariables({ a: vector(1, 2), b: vector(3, 4) });
    const graph = createGraph({ 'next.a': mul(input('b', [2]), 1), 'next.b': mul(input('a', [2]), 1) });
    const program = await backend.compile(graph, { variables, updates: { a: 'next.a', b: 'next.b' } });
    await program.run({});
    const { a, b } = await variables.read(['a', 'b']);
    expectValues('a', a, [3, 4]);
    expectValues('b', b, [1, 2]);
  }),
  check('an update may be an input as it stands', async (backend) => {
    const variables = await backend.createVariables({ a: vector(1, 2), b: vector(3, 4) });
    const program = await backend.compile(createGraph({ copy: input('b', [2]), taken: input('x', [2]) }), {
      variables,
      updates: { a: 'copy', b: 'taken' },
    });
    await program.run({ x: vector(5, 6) });
    const { a, b } = await variables.read();
    expectValues('a', a, [3, 4]);
    expectValues('b', b, [5, 6]);
  }),
  check('two programs share variables', async (backend) => {
    const variables = await backend.createVariables({ total: vector(0, 0) });
    const writer = await backend.compile(counter(), { variables, updates: { total: 'next' } });
    const reader = await backend.compile(createGraph({ y: mul(input('total', [2]), 2) }), { variables });
    await writer.run({ x: vector(1, 2) });
    expectValues('read by the second program', (await reader.run({}))['y'], [2, 4]);
    await writer.dispose();
    expectValues('after the first one is gone', (await reader.run({}))['y'], [2, 4]);
  }),
  check('runs do not overlap and keep their order', async (backend) => {
    const variables = await backend.createVariables({ total: vector(1, 1) });
    const graph = createGraph({ next: add(mul(input('total', [2]), 2), input('x', [2])) });
    const program = await backend.compile(graph, { variables, updates: { total: 'next' } });
    await Promise.all([1, 2, 3, 4, 5].map((x) => program.run({ x: vector(x, -x) })));
    expectValues('after five runs at once', (await variables.read())['total'], [89, -25]);
  }),
  check('a run that rejects leaves the variables alone and the program usable', async (backend) => {
    const variables = await backend.createVariables({ total: vector(1, 2) });
    const program = await backend.compile(counter(), { variables, updates: { total: 'next' } });
    await expectRejection('a missing input', GraphError, () => program.run({}));
    await expectRejection('a wrong shape', GraphError, () => program.run({ x: vector(1, 2, 3) }));
    await expectRejection('an unknown input', GraphError, () => program.run({ x: vector(1, 2), z: vector(1) }));
    expectValues('after rejected runs', (await variables.read())['total'], [1, 2]);
    await program.run({ x: vector(1, 1) });
    expectValues('after a good run', (await variables.read())['total'], [2, 3]);
  }),
  check('one program serves every size of its symbols', async (backend) => {
    const x = input('x', ['batch']);
    const program = await backend.compile(createGraph({ y: mul(x, 2), z: add(x, input('w', ['batch'])) }));
    for (const size of [3, 1, 4, 3]) {
      const values = Array.from({ length: size }, (_, i) => i + 1);
      const { y, z } = await program.run({ x: vector(...values), w: vector(...values) });
      expectValues(
        `y, batch ${size}`,
        y,
        values.map((v) => v * 2),
      );
      expectValues(
        `z, batch ${size}`,
        z,
        values.map((v) => v * 2),
      );
    }
    await expectRejection('two sizes of one symbol', GraphError, () =>
      program.run({ x: vector(1, 2), w: vector(1, 2, 3) }),
    );
  }),
  check("results belong to the caller, feeds stay the caller's", async (backend) => {
    const program = await backend.compile(createGraph({ y: mul(input('x', [2]), 2), same: input('i', [2], 'int32') }));
    const x = vector(1, 2);
    const i: HostTensor = { dtype: 'int32', shape: [2], data: Int32Array.of(7, 8) };
    const first = await program.run({ x, i });
    first['y']?.data.fill(99);
    first['same']?.data.fill(99);
    expectValues('the feed', x, [1, 2]);
    expectValues('the int32 feed', i, [7, 8]);
    const second = await program.run({ x, i });
    expectValues('the second result', second['y'], [2, 4]);
    second['y']?.data.fill(99);
    expectValues('the handed-on input', second['same'], [7, 8]);
    x.data.set([5, 6]);
    expectValues('a new value in the same array', (await program.run({ x, i }))['y'], [10, 12]);
  }),
  check('any byte of a bool but 0 is true, and comes back as 1', async (backend) => {
    const bytes = (...values: number[]): HostTensor => ({
      dtype: 'bool',
      shape: [values.length],
      data: Uint8Array.from(values),
    });
    const [a, b, c] = [input('a', [4], 'bool'), input('b', [4], 'bool'), input('c', [4], 'bool')];
    const graph = createGraph({
      both: and(a, b),
      either: or(a, c),
      no: not(a),
      chosen: select(a, 3, 4),
      count: reduceSum(cast(a, 'float32')),
      same: mul(cast(b, 'float32'), 1),
      handed: b,
      written: and(a, constantArray([2, 2, 2, -1], [4], 'bool')),
    });
    const feeds = { a: bytes(2, 255, 0, 128), b: bytes(1, 4, 64, 0) };
    // Fed, or kept as a variable: the same numbers.
    const variables = await backend.createVariables({ c: bytes(0, 0, 16, 0) });
    const program = await backend.compile(graph, { variables });
    for (const values of [16, 2]) {
      await variables.write({ c: bytes(0, 0, values, 0) });
      const outputs = await program.run(feeds);
      expectValues('and', outputs['both'], [1, 1, 0, 0]);
      expectValues('or', outputs['either'], [1, 1, 1, 1]);
      expectValues('not', outputs['no'], [0, 0, 1, 0]);
      expectValues('select', outputs['chosen'], [3, 3, 4, 3]);
      expectValues('the sum of a cast', outputs['count'], [3]);
      expectValues('a cast', outputs['same'], [1, 1, 1, 0]);
      expectValues('handed on', outputs['handed'], [1, 1, 1, 0]);
      expectValues('with a constant', outputs['written'], [1, 1, 0, 1]);
    }
    expectValues('the variable', (await variables.read())['c'], [0, 0, 1, 0]);
    expectValues("the caller's own bytes", feeds.a, [2, 255, 0, 128]);
  }),
  check('variables are copied in and out', async (backend) => {
    const mine = vector(1, 2);
    const variables = await backend.createVariables({ a: mine });
    mine.data.fill(9);
    const out = await variables.read(['a']);
    expectValues('after the caller wrote to its array', out['a'], [1, 2]);
    out['a']?.data.fill(9);
    expectValues('after the caller wrote to the copy', (await variables.read())['a'], [1, 2]);
    await variables.write({ a: vector(3, 4) });
    expectValues('after a write', (await variables.read())['a'], [3, 4]);
    await expectRejection('a write of another shape', GraphError, () => variables.write({ a: vector(1, 2, 3) }));
    await expectRejection('a write to an unknown variable', GraphError, () => variables.write({ z: vector(1) }));
    await expectRejection('a read of an unknown variable', GraphError, () => variables.read(['z']));
    expectValues('after rejected writes', (await variables.read())['a'], [3, 4]);
  }),
  check('a feed may be a view into a larger buffer', async (backend) => {
    const program = await backend.compile(createGraph({ y: gather(input('x', [2]), input('ids', [3], 'int32')) }));
    const x: HostTensor = { dtype: 'float32', shape: [2], data: Float32Array.of(0, 1, 2, 3).subarray(1, 3) };
    const ids: HostTensor = { dtype: 'int32', shape: [3], data: Int32Array.of(9, 1, 0, 1, 9).subarray(1, 4) };
    expectValues('y', (await program.run({ x, ids }))['y'], [2, 1, 2]);
  }),
  check('what does not fit is refused when compiling', async (backend) => {
    const variables = await backend.createVariables({ total: vector(1, 2) });
    await expectRejection('an update of no variable', GraphError, () =>
      backend.compile(counter(), { variables, updates: { other: 'next' } }),
    );
    await expectRejection('an update by no output', GraphError, () =>
      backend.compile(counter(), { variables, updates: { total: 'other' } }),
    );
    const misspelt: object = { variables, update: { total: 'next' } };
    await expectRejection('an option that there is not', GraphError, () => backend.compile(counter(), misspelt));
    await expectRejection('an update of another shape', GraphError, () =>
      backend.compile(counter(), { variables, updates: { total: 'sum' } }),
    );
  }),
  check('a training step in two programs moves variables as one does', checkSplitStep),
  check('a variable cannot be fed', async (backend) => {
    const variables = await backend.createVariables({ total: vector(1, 2) });
    const program = await backend.compile(counter(), { variables });
    await expectRejection('feeding it', GraphError, () => program.run({ total: vector(5, 6), x: vector(1, 2) }));
  }),
  check('what is disposed is refused', async (backend) => {
    const variables = await backend.createVariables({ total: vector(1, 2) });
    const program = await backend.compile(counter(), { variables });
    await program.dispose();
    await expectRejection('a run of a disposed program', BackendError, () => program.run({ x: vector(1, 2) }));
    const second = await backend.compile(counter(), { variables });
    await variables.dispose();
    await expectRejection('a read of disposed variables', BackendError, () => variables.read());
    await expectRejection('a run with disposed variables', BackendError, () => second.run({ x: vector(1, 2) }));
    await backend.dispose();
    await expectRejection('compiling on a disposed backend', BackendError, () => backend.compile(counter()));
    await expectRejection('variables of a disposed backend', BackendError, () => backend.createVariables({}));
    await backend.dispose(); // twice is once
  }),
];
