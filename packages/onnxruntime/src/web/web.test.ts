// The browser's entry: what a bundler makes of it holds nothing of Node, and it computes what the reference computes, here
// on onnxruntime-web's WebAssembly, which runs in Node as well. A real browser is tried in the workspace's `browser` folder.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { say } from '@difsr/errors';
import { createGraph, input, mul, opNames, type Backend } from '@difsr/graph';
import {
  conformanceCases,
  contractChecks,
  emptyCases,
  exactCases,
  runCase,
  type ConformanceCase,
} from '@difsr/graph/conformance';
import { toOnnx } from '@difsr/onnx';
import * as forNode from '@difsr/onnxruntime';
import * as forWeb from '@difsr/onnxruntime/web';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const { createOnnxRuntimeBackend, createWorkerBackend, openModelFile, probeDevices } = forWeb;
const root = fileURLToPath(new URL('../..', import.meta.url));
const double = createGraph({ y: mul(input('x', ['n']), 2) });
const x = { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } as const;

describe('a bundle for browsers', () => {
  let folder = '';
  let bundle: Awaited<ReturnType<typeof bundled>>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'difsr-bundle-'));
    bundle = await bundled(`
      import { createGraph, input, mul } from '@difsr/graph';
      import { toOnnx } from '@difsr/onnx';
      import { createOnnxRuntimeBackend } from '@difsr/onnxruntime';
      const graph = createGraph({ y: mul(input('x', ['n']), 2) });
      const backend = await createOnnxRuntimeBackend();
      const program = await backend.compile(graph);
      const { y } = await program.run({ x: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } });
      console.log(toOnnx(graph, { target: 'export' }).length > 0, ...y.data);
      await backend.dispose();`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function bundled(contents: string): Promise<{ files: string[]; imports: string[]; text: string }> {
    const { metafile, outputFiles } = await build({
      stdin: { contents, resolveDir: root },
      bundle: true,
      platform: 'browser', // takes the "browser" condition of package.json
      format: 'esm',
      metafile: true,
      write: false,
      external: ['onnxruntime-web/*'],
    });
    const inputs = Object.entries(metafile.inputs);
    return {
      files: inputs.map(([file]) => file),
      imports: inputs.flatMap(([, { imports }]) => imports.filter((each) => each.external).map(({ path }) => path)),
      text: outputFiles[0]?.text ?? '',
    };
  }

  it('imports onnxruntime-web alone, and no module of Node', () => {
    expect(bundle.imports.toSorted()).toEqual(['onnxruntime-web/wasm', 'onnxruntime-web/webgpu']);
    expect(bundle.files.filter((file) => /(^|\/)dist\/node\//.test(file))).toEqual([]);
    expect(bundle.files.filter((file) => /(^|\/)dist\/web\//.test(file)).length).toBeGreaterThan(0);
    expect(/\b(from|import|require)\b[ (]*["']node:/.test(bundle.text)).toBe(false);
  });

  it('runs', () => {
    const link = join(folder, 'node_modules/onnxruntime-web');
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    symlinkSync(realpathSync(join(root, 'node_modules/onnxruntime-web')), link, 'junction');
    const file = join(folder, 'bundle.mjs');
    writeFileSync(file, bundle.text);
    expect(execFileSync(process.execPath, [file], { encoding: 'utf8' })).toBe('true 2 4\n');
  });
});

describe('on WebAssembly', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await createOnnxRuntimeBackend({ threads: 1 });
  });
  afterAll(() => backend.dispose());

  /** The first case of each op and kind; repeats look for races, which one thread has not. */
  const all: readonly ConformanceCase[] = [...conformanceCases({ seeds: [1] }), ...exactCases(), ...emptyCases()];
  const some = opNames.flatMap((op) =>
    (['forward', 'gradient', 'exact'] as const).flatMap(
      (kind) => all.find((example) => example.op === op && example.kind === kind) ?? [],
    ),
  );

  it('every op agrees with the reference, forward, gradient and exact', async () => {
    const failures: string[] = [];
    for (const example of [...some, ...emptyCases()]) {
      const { pass, detail } = await runCase(backend, { ...example, repeats: 1 });
      if (!pass) failures.push(detail);
    }
    expect(failures).toEqual([]);
  });

  it.each(contractChecks)('$name', ({ run }) => run(() => createOnnxRuntimeBackend({ threads: 1 })));

  it('two backends of one page may run at the same time', async () => {
    const other = await createOnnxRuntimeBackend({ threads: 1 });
    const programs = await Promise.all([backend.compile(double), other.compile(double)]);
    const results = await Promise.all(programs.flatMap((program) => [program.run({ x }), program.run({ x })]));
    for (const { y } of results) expect([...(y?.data ?? [])]).toEqual([2, 4]);
    await other.dispose();
  });

  it('runs ONNX files', async () => {
    const model = await openModelFile(toOnnx(double, { target: 'export' }));
    expect((await model.run({ x }))['y']).toEqual({ dtype: 'float32', shape: [2], data: Float32Array.of(2, 4) });
    await model.dispose();
  });

  it('is probed, with a cure for the device that does not work here', async () => {
    const [cpu, webgpu] = await probeDevices();
    expect(cpu).toMatchObject({ device: 'cpu', works: true });
    expect(webgpu).toMatchObject({ device: 'webgpu', works: false });
    expect(say(webgpu?.cure ?? '')).toMatch(/browser that has it/);
  });
});

describe('the two entries', () => {
  it('export the same names', () => {
    expect(Object.keys(forWeb).toSorted()).toEqual(Object.keys(forNode).toSorted());
  });

  it('of a browser refuses what only Node has, with the cure', async () => {
    await expect(createWorkerBackend()).rejects.toThrow(/worker thread of Node[^]*cure: call createOnnxRuntimeBackend/);
    await expect(createOnnxRuntimeBackend({ device: 'cuda' })).rejects.toThrow(/no device "cuda".*webgpu, cpu/);
  });
});
