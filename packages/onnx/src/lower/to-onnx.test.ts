// What is written as ONNX is valid ONNX by the judgement of ONNX's own checker (Python package `onnx`), for every op,
// gradients included, in both targets; and names, initializers and sharing are as promised.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  add,
  apply,
  createGraph,
  differentiate,
  gather,
  gelu,
  GraphError,
  input,
  matmul,
  mul,
  opNames,
  reduceSum,
  reshape,
  scatterAdd,
  size,
  tableCrossEntropy,
  type Graph,
} from '@difsr/graph';
import { conformanceCases, runCase } from '@difsr/graph/conformance';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OnnxGraph } from '../file/model.js';
import { distinct, modelBackend } from '../run.test.support.js';
import type { Target } from './emitter.js';
import { lowerGraph, toOnnx } from './to-onnx.js';

const python = '/usr/bin/python3';
const script = fileURLToPath(new URL('./checker.test.py', import.meta.url));

function checkerMissing(): string | undefined {
  try {
    execFileSync(python, ['-c', 'import onnx'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return `${python} has no package "onnx" (Debian: apt-get install python3-onnx)`;
  }
}

const missing = checkerMissing();
const required = process.env['DIFSR_REQUIRE_ONNX_CHECKER'] === '1';
const cases = [...conformanceCases()].filter(({ kind, name }) => kind !== 'exact' && !name.includes('large'));

describe('ONNX checker', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'difsr-onnx-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is installed where it is required', () => {
    if (required) expect(missing).toBeUndefined();
  });

  it.for(['export', 'runtime'] as const)('accepts every op, forward and gradient, as %s', (target, context) => {
    if (missing !== undefined) context.skip(missing);
    expect(opNames.filter((op) => !cases.some((example) => example.op === op))).toEqual([]);
    const files = cases.map(({ build }, i) => {
      const file = join(folder, `${target}-${i}.onnx`);
      writeFileSync(file, toOnnx(distinct(build().graph), { target, name: 'case' }));
      return file;
    });
    const complaints = execFileSync(python, [script, ...files], { encoding: 'utf8' }).trim();
    expect(
      complaints
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.replace(/^.*-(\d+)\.onnx/, (_, i: string) => cases[Number(i)]?.name ?? '')),
    ).toEqual([]);
  });
});

/** Runs exported models. */
const exported = modelBackend(
  (graph) => toOnnx(distinct(graph), { target: 'export' }),
  (_, output) => `${output}.out`,
);

const types = (graph: OnnxGraph): string[] => graph.nodes.map(({ type }) => type);
const x = input('x', ['batch', 4]);

describe('toOnnx', () => {
  it.each(opNames)('exports %s, forward and gradient, to what the reference computes', async (op) => {
    const failures: string[] = [];
    for (const example of cases.filter((each) => each.op === op)) {
      const { pass, detail } = await runCase(exported, example);
      if (!pass) failures.push(detail);
    }
    expect(failures).toEqual([]);
  });

  it('uses standard operators alone in an export', () => {
    const domains = (graph: OnnxGraph): string[] => graph.nodes.map(({ domain }) => domain);
    for (const { build } of cases)
      expect(new Set(domains(lowerGraph(distinct(build().graph), { target: 'export' })))).toEqual(new Set(['']));
  });

  it('makes initializers of the inputs that are given, and inputs of the others', async () => {
    const graph = createGraph({ y: matmul(x, input('w', [4, 2])) });
    const w = { dtype: 'float32', shape: [4, 2], data: Float32Array.of(1, 0, 0, 1, 0, 0, 0, 0) } as const;
    const session = await InferenceSession.create(toOnnx(graph, { target: 'export', initializers: { w } }));
    expect(session.inputNames).toEqual(['x']);
    const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(1, 2, 3, 4), [1, 4]) });
    expect([...(y?.data ?? [])]).toEqual([1, 2]);
    await session.release();
  });

  it('keeps names of inputs, outputs and symbols', () => {
    const { inputs, outputs } = lowerGraph(createGraph({ 'a b': mul(x, 2), second: mul(x, 3) }), { target: 'runtime' });
    expect(inputs).toEqual([{ name: 'x', dtype: 'float', shape: ['batch', 4] }]);
    expect(outputs.map(({ name }) => name)).toEqual(['a b', 'second']);
  });

  it('refuses a size that no input has, and one name for input and output in a file', () => {
    expect(() => toOnnx(createGraph({ y: size('batch') }), { target: 'runtime' })).toThrow(/"batch".*no input has it/);
    expect(() => toOnnx(createGraph({ x: mul(x, 2) }), { target: 'export' })).toThrow(GraphError);
  });

  it('computes each size once and copies dimensions where it can', () => {
    const y = reshape(mul(reshape(x, ['batch', 2, 2]), size('batch')), ['batch', 4]);
    const counted = types(lowerGraph(createGraph({ y, z: mul(y, size('batch')) }), { target: 'runtime' }));
    expect(counted.filter((type) => type === 'Shape')).toHaveLength(1);
    expect(counted.filter((type) => type === 'Concat')).toHaveLength(0);
  });

  it('computes loss and gradients of a cross-entropy in one loop', () => {
    const [h, table, targets] = [
      input('h', ['targets', 4]),
      input('table', [9, 4]),
      input('labels', ['targets'], 'int32'),
    ];
    const loss = reduceSum(tableCrossEntropy(h, table, targets, 1));
    const [dh, dTable] = differentiate([[loss, input('one', [])]], [h, table]);
    const count = (target: Target, graph: Graph): number =>
      types(lowerGraph(graph, { target })).filter((type) => type === 'Loop').length;
    const graph = createGraph({ loss, dh: dh ?? h, dTable: dTable ?? table });
    expect(count('runtime', graph)).toBe(1);
    expect(count('export', graph)).toBe(1);
    // Weights that depend on the loss cannot be known in the loop that computes it.
    const perTarget = tableCrossEntropy(h, table, targets, 1);
    const [own] = apply('tableCrossEntropyGrad', [h, table, targets, perTarget], { firstClass: 1 });
    expect(count('runtime', createGraph({ own: own ?? h }))).toBe(2);
  });

  it('scatters onto the other operand of a sum', () => {
    const ids = input('ids', ['n'], 'int32');
    const sum = add(scatterAdd(ids, input('rows', ['n', 3]), [5, 3]), input('base', [5, 3]));
    const lowered = types(lowerGraph(createGraph({ sum }), { target: 'runtime' }));
    expect(lowered).toContain('ScatterElements');
    expect(lowered).not.toContain('Add');
    expect(lowered).not.toContain('ConstantOfShape');
  });

  it('never uses ScatterND, which loses updates at repeated ids on several threads', () => {
    const table = input('table', [5, 3]);
    const rows = gather(table, input('ids', ['n'], 'int32'));
    const [gradient] = differentiate([[rows, rows]], [table]);
    const graph = createGraph({ gradient: gradient ?? rows, y: gelu(rows) });
    for (const target of ['runtime', 'export'] as const)
      expect(types(lowerGraph(graph, { target }))).not.toContain('ScatterND');
  });
});
