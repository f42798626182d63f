// The check of bundles finds what it is for: Node's modules, however they are imported, and code that comes on demand.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { publicPackages } from './public-packages.mjs';
import { browserEntries, nodeModulesIn, sizeOf } from './sizes.mjs';

const folder = mkdtempSync(join(tmpdir(), 'difsr-sizes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Makes a package of two modules. @param {string} name @param {string} index @param {string} [other] */
function fake(name, index, other = '') {
  const home = join(folder, 'node_modules/@difsr', name);
  mkdirSync(home, { recursive: true });
  writeFileSync(
    join(home, 'package.json'),
    JSON.stringify({ name: `@difsr/${name}`, type: 'module', main: 'index.js' }),
  );
  writeFileSync(join(home, 'index.js'), index);
  writeFileSync(join(home, 'other.js'), other);
  return `@difsr/${name}`;
}
const long = (/** @type {string} */ name, /** @type {number} */ length) =>
  `export const ${name} = '${'x'.repeat(length)}';\n`;

describe('the check of bundles', () => {
  it.each([
    ['static', "import 'node:fs';"],
    ['without its prefix', "export { join } from 'path';"],
    ['on demand', "export const f = () => import('node:fs');"],
    ['on demand, and guarded', "export const g = () => import('node:fs').catch(() => undefined);"],
    ['in another module', "export * from './other.js';"],
  ])('finds a module of Node: %s', async (_, code) => {
    const name = fake(`node-${_.replaceAll(/\W/g, '')}`, code, "import 'node:os';\nexport const h = 1;");
    expect((await nodeModulesIn(name, folder)).join()).toMatch(/node:fs|path|node:os/);
  });

  it('finds none in a module that has none', async () => {
    const code = "export const node = () => import('@difsr/absent').catch(() => 'node:fs');";
    expect(await nodeModulesIn(fake('clean', code), folder)).toEqual([]);
  });

  it("tells a package's own code from that of others, and from what comes on demand", async () => {
    fake('base', long('base', 5000));
    const code = `${long('own', 3000)}export * from '@difsr/base';\nexport const more = () => import('./other.js');\n`;
    const { all, own, onDemand } = await sizeOf(fake('top', code, long('late', 7000)), folder);
    expect(all).toBeGreaterThan(8);
    expect(all).toBeLessThan(8.5);
    expect(own).toBeGreaterThan(3);
    expect(own).toBeLessThan(3.3);
    expect(onDemand).toBeGreaterThan(7);
    expect(onDemand).toBeLessThan(7.3);
  });

  it('covers the packages that run in browsers, and not those for Node alone', () => {
    const entries = browserEntries(publicPackages());
    expect(entries).toEqual(
      expect.arrayContaining(['@difsr/attention/tfjs', '@difsr/onnxruntime/web', '@difsr/metrics']),
    );
    expect(entries.filter((entry) => /prepare|files|library|training|bench|^difsr/.test(entry))).toEqual([]);
  });
});
