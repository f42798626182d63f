// Checks what would be published: packs every public package and looks at the tarballs, never at the sources.
// publint and attw judge manifest, exports and types; then all tarballs are unpacked into one consumer folder, where
// every entry point is imported by Node and type-checked without skipLibCheck, and every command answers --help.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { ROOT } from '../bootstrap.mjs';
import { run, StepError } from '../steps.mjs';

/**
 * Largest allowed tarball of each package in kB (compressed, sources and source maps included). Raising a number is
 * fine when the package does more; a sudden jump means that something was packed by mistake.
 * @type {Readonly<Record<string, number>>}
 */
const LIMITS = {
  '@difsr/graph': 160,
  '@difsr/nn': 80,
  '@difsr/attention': 80,
  '@difsr/models': 100,
  '@difsr/onnxruntime': 140,
  '@difsr/data': 160,
  '@difsr/metrics': 50,
  '@difsr/training': 160,
  difsr: 160,
};

/**
 * @typedef {{ name: string, private?: boolean, bin?: Record<string, string>, exports: Record<string, unknown>,
 *   dependencies?: Record<string, string>, peerDependencies?: Record<string, string> }} Manifest
 * @typedef {{ folder: string, manifest: Manifest, tarball: string, kilobytes: number, files: string[] }} Packed
 */

/** @param {string} path @returns {Manifest} */
const readManifest = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** Packs one package folder. @param {string} folder @param {string} destination @returns {Promise<Packed>} */
async function pack(folder, destination) {
  const output = await run('pnpm', ['pack', '--json', '--pack-destination', destination], { cwd: folder });
  /** @type {{ filename: string, size: number, files: { path: string }[] }} */
  const { filename, files } = JSON.parse(output);
  return {
    folder,
    manifest: readManifest(join(folder, 'package.json')),
    tarball: filename,
    kilobytes: readFileSync(filename).length / 1000,
    files: files.map(({ path }) => path),
  };
}

/** Problems of one tarball's contents. @param {Packed} packed @returns {Promise<string[]>} */
async function contentProblems({ manifest, tarball, kilobytes, files }) {
  const problems = files
    .filter((path) => /\.test\.|tsbuildinfo|(^|\/)\.|\.tgz$/.test(path))
    .map((path) => `packs ${path}: exclude it in "files"`);
  for (const needed of ['README.md', 'LICENSE']) {
    if (!files.includes(needed)) problems.push(`packs no ${needed}`);
  }
  const limit = LIMITS[manifest.name];
  if (limit === undefined) problems.push('has no size limit: add one to LIMITS in scripts/checks/packages.mjs');
  else if (kilobytes > limit) {
    problems.push(
      `is ${kilobytes.toFixed(0)} kB packed, at most ${limit} kB allowed (LIMITS in scripts/checks/packages.mjs)`,
    );
  }
  const file = readFileSync(tarball);
  const { messages, pkg } = await publint({
    pack: { tarball: file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) },
    strict: true,
  });
  for (const message of messages) problems.push(`publint: ${formatMessage(message, pkg) ?? message.code}`);
  return problems;
}

/** @param {Packed} packed @returns {Promise<string[]>} */
async function typeProblems({ tarball }) {
  try {
    await run('pnpm', ['exec', 'attw', tarball, '--profile', 'esm-only', '--no-color', '--no-emoji'], { cwd: ROOT });
    return [];
  } catch (error) {
    return [`attw: ${error instanceof StepError ? error.output : String(error)}`];
  }
}

/** Links a third-party dependency of a package into the consumer. @param {string} consumer @param {string} target @param {string} name */
function link(consumer, target, name) {
  const path = join(consumer, 'node_modules', name);
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path, 'junction');
}

/**
 * Unpacks all tarballs into a fresh folder and uses them there as a stranger would.
 * @param {readonly Packed[]} all
 * @param {string} consumer
 * @returns {Promise<string[]>}
 */
async function consumerProblems(all, consumer) {
  const problems = [];
  for (const { folder, manifest, tarball } of all) {
    const home = join(consumer, 'node_modules', manifest.name);
    mkdirSync(home, { recursive: true });
    await run('tar', ['-xzf', tarball, '-C', home, '--strip-components=1'], { cwd: consumer });
    const packedManifest = readFileSync(join(home, 'package.json'), 'utf8');
    if (packedManifest.includes('workspace:')) problems.push(`${manifest.name}: its packed manifest has "workspace:"`);
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
      const target = join(folder, 'node_modules', name);
      if (!all.some((other) => other.manifest.name === name) && existsSync(target)) link(consumer, target, name);
    }
  }
  link(consumer, join(ROOT, 'node_modules', '@types', 'node'), '@types/node');

  const entries = all.flatMap(({ manifest }) =>
    Object.keys(manifest.exports)
      .filter((path) => !path.endsWith('.json') && !path.includes('*'))
      .map((path) => manifest.name + path.slice(1)),
  );
  const lines = entries.map((entry, i) => `import * as e${i} from '${entry}';`);
  const source = `${lines.join('\n')}\nexport const names: object[] = [${entries.map((_, i) => `e${i}`).join(', ')}];\n`;
  writeFileSync(join(consumer, 'package.json'), '{"type":"module"}');
  writeFileSync(join(consumer, 'use.ts'), source);
  writeFileSync(join(consumer, 'use.js'), source.replace(': object[]', ''));
  const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
  const uses = [
    {
      what: 'types, in a consumer with strict and without skipLibCheck',
      command: join(ROOT, 'node_modules/typescript/bin/tsc'),
      args: [...options, 'use.ts'],
    },
    { what: 'imports', command: 'use.js', args: [] },
    ...all.flatMap(({ manifest }) =>
      Object.values(manifest.bin ?? {}).map((bin) => ({
        what: `${manifest.name} --help`,
        command: join('node_modules', manifest.name, bin),
        args: ['--help'],
      })),
    ),
  ];
  for (const { what, command, args } of uses) {
    try {
      await run(process.execPath, [command, ...args], { cwd: consumer });
    } catch (error) {
      problems.push(`${what}: ${error instanceof StepError ? error.output : String(error)}`);
    }
  }
  return problems;
}

const scratch = mkdtempSync(join(tmpdir(), 'difsr-packages-'));
try {
  const folders = ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(ROOT, group)).map((name) => join(ROOT, group, name)),
  );
  const open = folders.filter((folder) => {
    const path = join(folder, 'package.json');
    return existsSync(path) && readManifest(path).private !== true;
  });
  const all = await Promise.all(open.map((folder) => pack(folder, scratch)));
  /** @type {string[]} */
  const problems = [];
  const queue = [...all];
  const lane = async () => {
    for (let packed = queue.shift(); packed !== undefined; packed = queue.shift()) {
      const { name } = packed.manifest;
      const found = [...(await contentProblems(packed)), ...(await typeProblems(packed))];
      problems.push(...found.map((problem) => `${name} ${problem}`));
      console.log(`${name.padEnd(20)} ${packed.kilobytes.toFixed(1).padStart(7)} kB`);
    }
  };
  await Promise.all([lane(), lane()]); // each attw is a process of its own
  const consumer = join(scratch, 'consumer');
  mkdirSync(consumer);
  problems.push(...(await consumerProblems(all, consumer)));
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
