// Installed without onnxruntime-node: backends say what to install, and the types that are published need neither of ONNX
// Runtime's packages.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'difsr-without-'));
  const own = join(folder, 'node_modules/@difsr/onnxruntime');
  cpSync(join(root, 'dist'), join(own, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(own, 'package.json'));
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const name of dependencies(manifest)) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(realpathSync(join(root, 'node_modules', name)), link, 'junction');
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

function dependencies(manifest: unknown): string[] {
  if (typeof manifest !== 'object' || manifest === null || !('dependencies' in manifest)) return [];
  return Object.keys(manifest.dependencies ?? {});
}

function run(script: string): string {
  return execFileSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: folder, encoding: 'utf8' });
}

it.each(['createOnnxRuntimeBackend', 'createWorkerBackend'])('%s names the package to install', (create) => {
  const script = `
    import { ${create} } from '@difsr/onnxruntime';
    await ${create}().catch((error) => console.log(String(error)));`;
  expect(run(script)).toMatch(
    /^MissingPackageError: .*needs the package onnxruntime-node, which is not installed\n {2}cure: .*npm install onnxruntime-node@\d+\.\d+\.\d+\n$/,
  );
});

it('reports every device as one that does not work, with the command that installs it', () => {
  const script = `
    import { probeDevices } from '@difsr/onnxruntime';
    for (const { works, detail, cure } of await probeDevices()) console.log(works, /onnxruntime-node/.test(detail), cure);`;
  const lines = run(script).trim().split('\n');
  expect(lines).toHaveLength(3);
  for (const line of lines) expect(line).toMatch(/^false true .*npm install onnxruntime-node@\d+\.\d+\.\d+$/);
});

it('publishes types that name no package of ONNX Runtime', () => {
  const files = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.d.ts') && !file.includes('.test.'),
  );
  expect(files.length).toBeGreaterThan(5);
  const naming = files.filter((file) =>
    /(from|import\() ?['"]onnxruntime-/.test(readFileSync(join(root, 'dist', file), 'utf8')),
  );
  expect(naming).toEqual([]);
});
