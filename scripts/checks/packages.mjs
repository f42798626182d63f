// Checks what would be published: packs every public package and looks at the tarballs, never at the sources.
// publint and attw judge manifest, exports and types; then all tarballs are unpacked into one consumer folder, where
// every entry point is imported by Node and type-checked without skipLibCheck, every command answers --help, and what
// runs in browsers is bundled: not too large, and nothing of Node's inside (sizes.mjs).
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { ROOT } from '../bootstrap.mjs';
import { run, StepError } from '../steps.mjs';
import { entryPoints, publicPackages } from './public-packages.mjs';
import { bundleProblems } from './sizes.mjs';

/**
 * Largest allowed tarball of each package in kB (compressed). Raising a number is
 * fine when the package does more; a sudden jump means that something was packed by mistake.
 * @type {Readonly<Record<string, number>>}
 */
const LIMITS = {
  '@difsr/errors': 40,
  '@difsr/files': 30,
  '@difsr/graph': 200,
  '@difsr/nn': 80,
  '@difsr/attention': 200,
  '@difsr/models': 120, // with what events and users are made of
  '@difsr/onnx': 160,
  '@difsr/onnxruntime': 160,
  '@difsr/tfjs': 160,
  '@difsr/data': 200,
  '@difsr/prepare': 580,
  '@difsr/metrics': 50,
  '@difsr/training': 180,
  '@difsr/library': 150, // with jobs of many runs: comparisons, ablations, tunings
  '@difsr/server': 80,
  difsr: 220,
  'difsr-bench': 200,
};

/**
 * @typedef {import('./public-packages.mjs').Manifest} Manifest
 * @typedef {{ folder: string, path: string, manifest: Manifest, tarball: string, kilobytes: number, files: string[] }} Packed
 */

/** Packs one package. @param {import('./public-packages.mjs').Package} one @param {string} destination @returns {Promise<Packed>} */
async function pack(one, destination) {
  const output = await run('pnpm', ['pack', '--json', '--pack-destination', destination], { cwd: one.folder });
  /** @type {{ filename: string, size: number, files: { path: string }[] }} */
  const { filename, files } = JSON.parse(output);
  return {
    ...one,
    tarball: filename,
    kilobytes: readFileSync(filename).length / 1000,
    files: files.map(({ path }) => path),
  };
}

/** What every manifest must say. @param {Packed} packed @returns {string[]} */
function manifestProblems({ path, manifest }) {
  const { license, repository, homepage, bugs, sideEffects, files, publishConfig, engines } = manifest;
  const needed = {
    'license "Apache-2.0"': license === 'Apache-2.0',
    [`repository.directory "${path}"`]: repository?.directory === path && repository.url.startsWith('git+https:'),
    'homepage and bugs': homepage?.includes(`/${path}`) === true && bugs !== undefined,
    '"sideEffects"': sideEffects !== undefined,
    '"files" with dist': files?.some((pattern) => pattern === 'dist' || pattern.startsWith('dist/')) === true,
    'publishConfig with access "public" and provenance': publishConfig?.access === 'public' && publishConfig.provenance,
    'engines.node': engines?.node !== undefined,
  };
  return Object.entries(needed).flatMap(([what, there]) => (there ? [] : [`has no ${what} in its package.json`]));
}

/** Problems of one tarball's contents. @param {Packed} packed @returns {Promise<string[]>} */
async function contentProblems({ manifest, tarball, kilobytes, files }) {
  const problems = files
    .filter((path) => /^src\/|\.test\.|tsbuildinfo|(^|\/)\.|\.tgz$/.test(path))
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

/** Resolutions that packages of ES modules alone need not have: of Node 10, and of `require` before Node 20.19. */
const NOT_OURS = ['node10', 'node16-cjs'];

/**
 * What attw says of the types, in this process: TypeScript is loaded once for all packages.
 * @param {Packed} packed @returns {Promise<string[]>}
 */
async function typeProblems({ tarball }) {
  const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))));
  if (analysis.types === false) return ['attw: the package has no types'];
  return analysis.problems
    .filter((problem) => !('resolutionKind' in problem && NOT_OURS.includes(problem.resolutionKind)))
    .map((problem) => `attw: ${JSON.stringify(problem)}`);
}

/** Links a third-party dependency of a package into the consumer. @param {string} consumer @param {string} target @param {string} name */
function link(consumer, target, name) {
  const path = join(consumer, 'node_modules', name);
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path, 'junction');
}

/**
 * Whether all that tsc complains about are declarations of tfjs and of what they pull in, which have never compiled without
 * skipLibCheck: those are links out of the consumer folder, ours are unpacked in it.
 *
 * @param {string} output
 */
const foreignTypeErrors = (output) =>
  output.split('\n').every((line) => line === '' || /^(\.\.\/|\s)/.test(line)) &&
  output.includes('/@tensorflow/tfjs-core/');

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
    // Relative: some tars of Windows take "C:" for the name of a machine.
    await run('tar', ['-xzf', relative(home, tarball), '--strip-components=1'], { cwd: home });
    const packedManifest = readFileSync(join(home, 'package.json'), 'utf8');
    if (packedManifest.includes('workspace:')) problems.push(`${manifest.name}: its packed manifest has "workspace:"`);
    for (const name of Object.keys({
      ...manifest.dependencies,
      ...manifest.optionalDependencies,
      ...manifest.peerDependencies,
    })) {
      const target = join(folder, 'node_modules', name);
      if (!all.some((other) => other.manifest.name === name) && existsSync(target)) link(consumer, target, name);
    }
  }
  link(consumer, join(ROOT, 'node_modules', '@types', 'node'), '@types/node');

  const entries = all.flatMap(({ manifest }) => entryPoints(manifest));
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
      expected: foreignTypeErrors,
    },
    { what: 'imports', command: 'use.js', args: [], expected: undefined },
    ...all.flatMap(({ manifest }) =>
      Object.values(manifest.bin ?? {}).map((bin) => ({
        what: `${manifest.name} --help`,
        command: join('node_modules', manifest.name, bin),
        args: ['--help'],
        expected: undefined,
      })),
    ),
  ];
  for (const { what, command, args, expected } of uses) {
    try {
      await run(process.execPath, [command, ...args], { cwd: consumer });
    } catch (error) {
      const output = error instanceof StepError ? error.output : String(error);
      if (expected?.(output) !== true) problems.push(`${what}: ${output}`);
    }
  }
  return problems;
}

const scratch = mkdtempSync(join(tmpdir(), 'difsr-packages-'));
try {
  const all = await Promise.all(publicPackages().map((one) => pack(one, scratch)));
  /** @type {string[]} */
  const problems = [];
  for (const packed of all) {
    const { name } = packed.manifest;
    const found = [...manifestProblems(packed), ...(await contentProblems(packed)), ...(await typeProblems(packed))];
    problems.push(...found.map((problem) => `${name} ${problem}`));
    console.log(`${name.padEnd(20)} ${packed.kilobytes.toFixed(1).padStart(7)} kB`);
  }
  const consumer = join(scratch, 'consumer');
  mkdirSync(consumer);
  problems.push(...(await consumerProblems(all, consumer)), ...(await bundleProblems(all, consumer)));
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
