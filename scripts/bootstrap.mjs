// From a bare clone with only Node.js and npm to an installed and built workspace. Node's own modules only:
// nothing is installed yet when this runs. Used by scripts/test.mjs, quickstart.mjs and fixtures.mjs.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, startable, step } from './steps.mjs';

/** The repository's root. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const STAMP = join(ROOT, 'node_modules', '.difsr-installed');
/** @type {readonly [number, number]} */
const MINIMUM_NODE = [20, 19];

/** The pnpm version that package.json pins, e.g. "12.21.0". */
function pinnedPnpm() {
  const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const version = /^pnpm@(\d+\.\d+\.\d+)/.exec(packageManager)?.[1];
  if (version === undefined)
    throw new Error(`packageManager in package.json is "${packageManager}", expected pnpm@X.Y.Z`);
  return version;
}

/** Stops with one line when Node.js is too old for the tools below. */
function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1])) return;
  console.error(
    `Node.js ${process.versions.node} is too old: ${MINIMUM_NODE.join('.')} or newer is needed (https://nodejs.org).`,
  );
  process.exit(1);
}

/**
 * Makes sure that the pinned pnpm is on PATH for this process and its children (turbo looks for it there). When it is
 * not, this same script is run again under `npx -p pnpm@X.Y.Z`, which puts it there, and this process ends with its
 * exit code.
 */
function ensurePnpm() {
  checkNode();
  const version = pinnedPnpm();
  const asked = startable('pnpm', ['--version']);
  const found = spawnSync(asked.file, asked.args, { cwd: ROOT, encoding: 'utf8', shell: asked.shell });
  if (found.status === 0 && found.stdout.trim() === version) return;
  if (process.env['DIFSR_BOOTSTRAPPED'] === version) {
    throw new Error(
      `npx gave pnpm "${found.stdout?.trim() || 'none'}", expected ${version}. Install it: npm install --global pnpm@${version}`,
    );
  }
  const script = process.argv[1] ?? '';
  const again = [process.execPath, script, ...process.argv.slice(2)];
  const { file, args, shell } = startable('npx', ['-y', '-p', `pnpm@${version}`, '--', ...again]);
  const { status } = spawnSync(file, args, {
    stdio: 'inherit',
    shell,
    env: { ...process.env, DIFSR_BOOTSTRAPPED: version },
  });
  process.exit(status ?? 1);
}

/** A digest of everything that decides what an install would do, and of what the last install left. */
function installState() {
  const hash = createHash('sha256');
  const manifests = ['packages', 'apps'].flatMap((folder) =>
    existsSync(join(ROOT, folder))
      ? readdirSync(join(ROOT, folder)).map((name) => join(folder, name, 'package.json'))
      : [],
  );
  const single = ['fixtures', 'examples', 'browser'].map((folder) => `${folder}/package.json`);
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', ...single, ...manifests.sort()];
  for (const file of [...files, 'node_modules/.pnpm/lock.yaml']) {
    const path = join(ROOT, file);
    hash.update(file).update(existsSync(path) ? readFileSync(path) : 'missing');
  }
  return hash.update(process.platform).update(process.arch).digest('hex');
}

/** Installs with the frozen lockfile, or returns at once when nothing that matters has changed since the last time. */
async function install() {
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === installState()) return 'already installed';
  // CI: never prompt (there may be no terminal), never touch the lockfile.
  await run('pnpm', ['install', '--frozen-lockfile'], { cwd: ROOT, env: { CI: 'true' } });
  writeFileSync(STAMP, installState());
  return undefined;
}

/**
 * Puts pnpm on PATH, installs and builds, each step with its elapsed time.
 *
 * @param {{ projects?: readonly string[], quiet?: boolean }} [options] projects: folders to build with what they depend
 *   on (default: everything); quiet: print only what fails, for commands whose stdout is read by programs.
 * @returns {Promise<void>}
 * @throws {import('./steps.mjs').StepError} when a step fails; its output has been printed
 * @example
 * await prepare({ projects: ['fixtures'], quiet: true });
 */
export async function prepare({ projects = [], quiet = false } = {}) {
  ensurePnpm();
  await step('install', install, { quiet });
  // Tests are compiled together with the sources, so this is also their type check.
  await step('build, types', () => run('pnpm', ['exec', 'tsc', '-b', ...projects], { cwd: ROOT }).then(() => {}), {
    quiet,
  });
}
