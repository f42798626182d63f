// What a bundler finds behind this package: no runtime, nothing of Node's, and the bundle alone writes and reads models.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const contents = `
  import { createGraph, input, mul } from '@difsr/graph';
  import { describeOnnx, spliceGraph, toOnnx } from '@difsr/onnx';
  import { encodeModel, lowerModel } from '@difsr/onnx/lower';
  const double = createGraph({ y: mul(input('x', ['n']), 2) });
  const spliced = spliceGraph(toOnnx(double, { target: 'export' }), { graph: double, replace: 'y', connect: { x: 'x' } });
  console.log(describeOnnx(spliced).inputs[0].name, encodeModel(lowerModel(double, { target: 'runtime' })).length > 0);`;

it('is made of graphs and protobuf alone', async () => {
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    absWorkingDir: join(root, '../..'), // where the names of `inputs` start
    bundle: true,
    platform: 'browser',
    format: 'esm',
    metafile: true,
    write: false,
  });
  const packages = Object.keys(metafile.inputs).map(
    (file) => /(?:node_modules\/|packages\/)((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(file)?.[1] ?? file,
  );
  expect([...new Set(packages)].toSorted()).toEqual(['<stdin>', '@bufbuild/protobuf', 'errors', 'graph', 'onnx']);
  const folder = mkdtempSync(join(tmpdir(), 'difsr-onnx-bundle-'));
  try {
    const file = join(folder, 'bundle.mjs');
    writeFileSync(file, outputFiles[0]?.text ?? '');
    expect(execFileSync(process.execPath, [file], { encoding: 'utf8' })).toBe('x true\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
