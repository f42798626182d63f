// The import rules, by table and by the linter itself run over small files that break them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../bootstrap.mjs';
import { BOUNDARIES, violation } from './boundaries.mjs';

const WORKSPACES = [
  ...['packages', 'apps'].flatMap((group) => readdirSync(join(ROOT, group)).map((name) => `${group}/${name}`)),
  'fixtures',
].filter((folder) => existsSync(join(ROOT, folder, 'package.json')));

/** @param {string} path */
const readJson = (path) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));

describe('import boundaries', () => {
  it.each([
    ['packages/graph/src/a.ts', '@difsr/nn'],
    ['packages/nn/src/a.ts', '@difsr/models'],
    ['packages/attention/src/a.ts', '@difsr/onnxruntime'],
    ['packages/metrics/src/a.ts', '@difsr/graph'],
    ['packages/data/src/a.ts', '@difsr/metrics'],
    ['packages/data/src/a.ts', '@difsr/prepare'],
    ['packages/data/src/a.ts', 'node:fs/promises'],
    ['packages/prepare/src/a.ts', '@difsr/training'],
    ['packages/onnx/src/a.ts', '@difsr/onnxruntime'],
    ['packages/onnx/src/a.ts', 'onnxruntime-node'],
    ['packages/onnx/src/a.ts', 'node:fs'],
    ['packages/onnxruntime/src/a.ts', '@difsr/nn'],
    ['packages/onnxruntime/src/a.ts', 'onnxruntime-node'],
    ['packages/onnxruntime/src/a.ts', 'node:fs'],
    ['packages/onnxruntime/src/web/a.ts', 'onnxruntime-node'],
    ['packages/training/src/a.ts', '@difsr/onnxruntime'],
    ['packages/training/src/a.ts', 'difsr'],
    ['packages/training/src/a.ts', 'onnxruntime-node'],
    ['apps/trainer/src/a.ts', 'onnxruntime-node'],
    ['packages/graph/src/a.ts', 'node:fs'],
    ['packages/graph/src/a.ts', '@difsr/errors/packages'],
    ['packages/attention/src/kernel/a.ts', '@difsr/errors/packages'],
    ['packages/models/src/a.ts', 'node:path'],
    ['packages/nn/src/a.ts', '../../graph/src/index.js'],
    ['packages/nn/src/deep/a.ts', '../../../graph/src/index.js'],
    ['fixtures/src/a.ts', '../../packages/graph/src/index.js'],
  ])('%s may not import %s', (file, specifier) => {
    expect(violation(file, specifier)).toContain(specifier);
  });

  it.each([
    ['packages/nn/src/a.ts', '@difsr/graph'],
    ['packages/onnxruntime/src/node/a.ts', 'onnxruntime-node'],
    ['packages/prepare/src/a.ts', 'node:fs/promises'],
    ['packages/prepare/src/a.ts', '@difsr/data'],
    ['packages/nn/src/deep/a.ts', '../b.js'],
    ['packages/nn/src/deep/a.ts', '../../package.json'],
    ['packages/training/src/a.test.ts', '@difsr/onnxruntime'],
    ['packages/graph/src/a.test.ts', 'node:fs'],
    ['apps/trainer/src/a.ts', '@difsr/onnxruntime'],
    ['apps/trainer/src/a.ts', 'commander'],
  ])('%s may import %s', (file, specifier) => {
    expect(violation(file, specifier)).toBeUndefined();
  });

  it.each(WORKSPACES)(
    '%s has a row, declares no forbidden package, and its references are its dependencies',
    (folder) => {
      const row = Object.entries(BOUNDARIES).find(([prefix]) => `${folder}/`.startsWith(prefix))?.[1];
      expect(row, `add ${folder} to scripts/lint/boundaries.mjs`).toBeDefined();
      const { dependencies = {}, devDependencies = {} } = readJson(`${folder}/package.json`);
      const ours = Object.keys(dependencies).filter((name) => name.startsWith('@difsr/'));
      expect(row?.ours).toEqual(expect.arrayContaining(ours));
      const all = [...ours, ...Object.keys(devDependencies).filter((name) => name.startsWith('@difsr/'))].sort();
      const { references = [] } = readJson(`${folder}/tsconfig.json`);
      /** @type {string[]} */
      const referenced = references.map(
        (/** @type {{ path: string }} */ { path }) => readJson(`${join(folder, path)}/package.json`).name,
      );
      expect(referenced.sort()).toEqual(all);
    },
  );

  it('has no row for a folder that does not exist', () => {
    expect(Object.keys(BOUNDARIES).filter((prefix) => !existsSync(join(ROOT, prefix)))).toEqual([]);
  });
});

describe('the linter', () => {
  const folder = mkdtempSync(join(tmpdir(), 'difsr-lint-'));
  /** @type {Record<string, string[]>} */
  let found = {};

  beforeAll(() => {
    const files = {
      'packages/nn/src/static.ts': "import { a } from '@difsr/models';\nexport const b: number = a;\n",
      'packages/nn/src/re-export.ts': "export * from '@difsr/models';\n",
      'packages/nn/src/dynamic.ts': "export const b: Promise<object> = import('@difsr/models');\n",
      'packages/nn/src/in-type.ts':
        "// oxlint-disable-next-line consistent-type-imports\nexport type B = import('@difsr/models').A;\n",
      'packages/nn/src/global.ts': 'export const b: string = process.platform;\n',
      'packages/nn/src/double.ts': 'export const f = (x: number): string => x as unknown as string;\n',
      'packages/nn/src/bang.ts': 'export const f = (m: Map<string, number>): number =>\n  m.get("a")!;\n',
      'packages/nn/src/bang-explained.ts':
        '// set above\nexport const f = (m: Map<string, number>): number => m.get("a")!;\nexport const g = (a: number[]): number => a[0]!;\n',
      'packages/nn/src/any.ts': 'export const f = (x: any): number => Number(x);\n',
      'packages/nn/src/unused.ts': 'const unused = 1;\nexport const b = 2;\n',
      'packages/nn/src/says.ts': "console.log('hello');\nexport const b = 2;\n",
      'packages/nn/src/one.ts': "import { two } from './two.js';\nexport const one: number = two;\n",
      'packages/nn/src/two.ts': "import { one } from './one.js';\nexport const two: number = one;\n",
      'packages/nn/src/egg.ts':
        "import type { Hen } from './hen.js';\nexport interface Egg {\n  readonly of: Hen;\n}\n",
      'packages/nn/src/hen.ts':
        "import { type Egg } from './egg.js';\nexport interface Hen {\n  readonly lays: Egg;\n}\n",
      'packages/nn/src/flag.ts': 'export const cure = (n: number): string => `lower it with --rate ${n}`;\n',
      'packages/nn/src/npx.ts': "export const cure = 'npx difsr doctor tells';\n",
      'packages/nn/src/flag.test.ts': "export const args: string[] = ['--rate'];\n",
      'packages/nn/src/clean.ts':
        "import type { Tensor } from '@difsr/graph';\nexport const f = (t: Tensor): Tensor => t;\n",
      'apps/trainer/src/says.ts': "console.log('hello');\nexport const b = 2;\n",
    };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const config = readFileSync(join(ROOT, '.oxlintrc.json'), 'utf8');
    writeFileSync(
      join(folder, '.oxlintrc.json'),
      config.replace('./scripts/lint/plugin.mjs', join(ROOT, 'scripts/lint/plugin.mjs').replaceAll('\\', '/')),
    );
    const bin = join(ROOT, 'node_modules/oxlint/bin/oxlint');
    const { stdout } = spawnSync(process.execPath, [bin, '-f', 'json'], { cwd: folder, encoding: 'utf8' });
    /** @type {{ diagnostics: { filename: string, code: string }[] }} */
    const { diagnostics } = JSON.parse(stdout);
    found = Object.fromEntries(Object.keys(files).map((path) => [path, []]));
    for (const { filename, code } of diagnostics) found[filename.replaceAll('\\', '/')]?.push(code);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['packages/nn/src/static.ts', 'difsr(import-boundary)'],
    ['packages/nn/src/re-export.ts', 'difsr(import-boundary)'],
    ['packages/nn/src/dynamic.ts', 'difsr(import-boundary)'],
    ['packages/nn/src/in-type.ts', 'difsr(import-boundary)'],
    ['packages/nn/src/global.ts', 'eslint(no-restricted-globals)'],
    ['packages/nn/src/double.ts', 'difsr(no-double-assertion)'],
    ['packages/nn/src/bang.ts', 'difsr(explain-non-null)'],
    ['packages/nn/src/any.ts', 'typescript(no-explicit-any)'],
    ['packages/nn/src/unused.ts', 'eslint(no-unused-vars)'],
    ['packages/nn/src/says.ts', 'eslint(no-console)'],
    ['packages/nn/src/flag.ts', 'difsr(no-command-line)'],
    ['packages/nn/src/npx.ts', 'difsr(no-command-line)'],
    ['packages/nn/src/one.ts', 'import(no-cycle)'],
    ['packages/nn/src/two.ts', 'import(no-cycle)'],
    ['packages/nn/src/egg.ts', 'import(no-cycle)'],
    ['packages/nn/src/hen.ts', 'import(no-cycle)'],
  ])('finds in %s: %s', (file, code) => {
    expect(found[file]).toEqual([code]);
  });

  it.each([
    'packages/nn/src/clean.ts',
    'packages/nn/src/bang-explained.ts',
    'packages/nn/src/flag.test.ts',
    'apps/trainer/src/says.ts',
  ])('lets %s through', (file) => {
    expect(found[file]).toEqual([]);
  });
});
