// What `pnpm version-packages` will do, tried on a copy: changesets become versions and change logs, for all packages alike.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../bootstrap.mjs';
import { run } from '../steps.mjs';
import { publicPackages } from './public-packages.mjs';

const copy = mkdtempSync(join(tmpdir(), 'difsr-changesets-'));
const CHANGESET = join(ROOT, 'node_modules/@changesets/cli/bin.js');
/** @param {string} command @param {string[]} args */
const inCopy = (command, ...args) => execFileSync(command, args, { cwd: copy, encoding: 'utf8', stdio: 'pipe' });
const packages = publicPackages().map(({ path, manifest }) => ({
  path,
  name: manifest.name,
  before: manifest.version,
}));

beforeAll(async () => {
  // Manifests alone: neither sources nor builds matter here.
  /** @type {{ path: string }[]} */
  const projects = JSON.parse(await run('pnpm', ['ls', '-r', '--depth=-1', '--json'], { cwd: ROOT }));
  expect(projects.length).toBeGreaterThan(packages.length);
  for (const { path } of projects) {
    const file = join(relative(ROOT, path), 'package.json');
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(ROOT, file), join(copy, file));
  }
  for (const name of ['.changeset', 'pnpm-workspace.yaml'])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'junction');
  writeFileSync(
    join(copy, '.changeset/of-the-test.md'),
    "---\n'@difsr/tfjs': minor\n---\n\nA change that only the test knows.\n",
  );
  writeFileSync(join(copy, '.gitignore'), 'node_modules\n');
  inCopy('git', 'init', '--quiet', '--initial-branch=main');
  inCopy('git', 'add', '--all');
  inCopy('git', '-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '--quiet', '--message=all');
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe('changesets', () => {
  it('are valid, and none asks for a major version before its time', () => {
    inCopy(process.execPath, CHANGESET, 'status', '--output=status.json');
    /** @type {{ releases: { name: string, type: string }[] }} */
    const { releases } = JSON.parse(readFileSync(join(copy, 'status.json'), 'utf8'));
    rmSync(join(copy, 'status.json'));
    const released = releases.filter(({ type }) => type !== 'none').map(({ name, type }) => `${name} ${type}`);
    expect(released.sort()).toEqual(packages.map(({ name }) => `${name} minor`).sort());
  });

  it('become one version for all packages, and change logs', () => {
    inCopy(process.execPath, CHANGESET, 'version');
    const after = publicPackages(copy).map(({ manifest }) => manifest.version);
    const [major = 0, minor = 0] = (packages[0]?.before ?? '').split('.').map(Number);
    expect(new Set(after)).toEqual(new Set([`${major}.${minor + 1}.0`]));
    expect(readFileSync(join(copy, 'packages/tfjs/CHANGELOG.md'), 'utf8')).toContain(
      'A change that only the test knows.',
    );
    const { version } = JSON.parse(readFileSync(join(copy, 'fixtures/package.json'), 'utf8'));
    expect(version).toBe('0.0.0'); // private ones stay as they are
    for (const { path } of packages) {
      const log = readFileSync(join(copy, path, 'CHANGELOG.md'), 'utf8');
      expect(log).toContain(`## ${after[0]}`);
      expect(log).not.toContain('Updated dependencies'); // all packages have one version
    }
  });
});
