import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MissingPackageError } from '../missing-package.js';
import { importOptional, type OptionalPackages } from './index.js';

let folder = '';
/** A module three folders below its package's manifest, and what it wants. */
let from = '';
const wanted = (packages: readonly string[]): OptionalPackages => ({ packages, use: 'drawing', from });
const failure = async (packages: readonly string[], load: () => Promise<unknown>): Promise<unknown> =>
  importOptional(load, wanted(packages)).catch((error: unknown) => error);
/** Node's own error for a package that is nowhere. */
const nowhere = (name: string) => (): Promise<unknown> => import(name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-optional-'));
  await mkdir(join(folder, 'dist', 'output', 'plots'), { recursive: true });
  from = pathToFileURL(join(folder, 'dist', 'output', 'plots', 'render.js')).href;
  const manifest = {
    name: '@difsr/of-the-test',
    version: '0.7.1',
    peerDependencies: {
      'no-such-drawing': '^6.1.0',
      'no-such-runtime': '>=1.30.0 <2',
      '@difsr/no-such': '>=0.0.0 <1',
      'no-such-engine': '1.5.6-r.1',
    },
    optionalDependencies: { 'no-such-binding': '1.4.2' },
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('an optional package', () => {
  it('is what its import gives', async () => {
    expect(await importOptional(() => import('node:path'), wanted([]))).toHaveProperty('join');
  });

  it.each([
    ['no-such-drawing', 'npm install no-such-drawing@6.1.0'],
    ['no-such-runtime', 'npm install no-such-runtime@1.30.0'],
    ['no-such-engine', 'npm install no-such-engine@1.5.6-r.1'],
    ['no-such-binding', 'npm install no-such-binding@1.4.2'],
    ['@difsr/no-such', 'npm install @difsr/no-such@0.7.1'],
    ['no-such-unknown', 'npm install no-such-unknown'],
  ])('%s that is missing is named with: %s', async (name, line) => {
    const error = await failure([name], nowhere(name));
    expect(error).toBeInstanceOf(MissingPackageError);
    expect(error).toMatchObject({ package: name, faults: [{ cure: line }] });
    expect(String(error)).toContain(`drawing needs the package ${name}, which is not installed`);
  });

  it('is installed with those that it is used with', async () => {
    const error = await failure(['no-such-drawing', 'no-such-binding'], nowhere('no-such-binding'));
    expect(error).toMatchObject({
      package: 'no-such-binding',
      faults: [{ cure: 'npm install no-such-drawing@6.1.0 no-such-binding@1.4.2' }],
    });
  });

  it('that is there and fails, or lacks another package, fails as it does', async () => {
    const broken = new Error('its native library is missing');
    expect(await failure(['no-such-drawing'], () => Promise.reject(broken))).toBe(broken);
    expect(await failure(['no-such-drawing'], nowhere('no-such-other'))).toMatchObject({
      code: 'ERR_MODULE_NOT_FOUND',
    });
  });

  it('has a line of its own where plain npm install is not enough', async () => {
    const install = (names: string): string => `NATIVE=skip npm install ${names}`;
    const error = await importOptional(nowhere('no-such-binding'), { ...wanted(['no-such-binding']), install }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({ faults: [{ cure: 'NATIVE=skip npm install no-such-binding@1.4.2' }] });
  });
});
