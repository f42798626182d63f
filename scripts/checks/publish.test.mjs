// Publishes all packages to a registry on this machine and uses @difsr/attention in empty projects, as its first users
// will: with tfjs alone, with ONNX Runtime alone, with both. Nothing that a combination does not need may arrive.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../bootstrap.mjs';
import { run } from '../steps.mjs';
import { publicPackages } from './public-packages.mjs';
import { readmeExamples, runExample } from './readme-example.mjs';
import { nodeModulesIn } from './sizes.mjs';
import { publishAll, startRegistry, thirdPartyRegistry } from './registry.mjs';

/** Set by `.ci/run`: a registry of third-party packages must be there. */
const REQUIRED = process.env['DIFSR_REQUIRE_REGISTRY'] === '1';
/** Seconds from `npm install` to the first line of output. More is said, not failed: it depends on the network. */
const SOON = 60;

const OURS = ['@difsr/attention', '@difsr/graph', '@difsr/nn'];
const TFJS = [
  ...'@difsr/tfjs @tensorflow/tfjs-backend-cpu @tensorflow/tfjs-backend-wasm @tensorflow/tfjs-core'.split(' '),
  ...'@types/emscripten @types/long @types/offscreencanvas @types/seedrandom @webgpu/types'.split(' '),
  ...'long node-fetch seedrandom tr46 webidl-conversions whatwg-url'.split(' '),
];
const ONNX_RUNTIME = [
  ...'@difsr/onnx @difsr/onnxruntime @bufbuild/protobuf onnxruntime-common onnxruntime-node'.split(' '),
  // What onnxruntime-node's install script uses.
  ...'adm-zip define-data-property define-properties es-define-property es-errors escape-string-regexp'.split(' '),
  ...'global-agent globalthis gopd has-property-descriptors matcher object-keys semver'.split(' '),
  ...'serialize-error type-fest'.split(' '),
];

/** The version of a third-party package that a package of ours is tested with. @param {string} name */
const tested = (name) => {
  const version = publicPackages().map(({ manifest }) => manifest.devDependencies?.[name]);
  return `${name}@${version.find((found) => found !== undefined) ?? 'latest'}`;
};
const TFJS_INSTALL = ['@difsr/tfjs', tested('@tensorflow/tfjs-core'), tested('@tensorflow/tfjs-backend-wasm')];
const ONNX_INSTALL = ['@difsr/onnxruntime', tested('onnxruntime-node')];

/**
 * What each combination installs, all that may then be in node_modules, and the backends that an example may name.
 */
const COMBINATIONS = [
  {
    title: 'tfjs alone',
    install: TFJS_INSTALL,
    allowed: TFJS,
    backends: ['reference', 'tfjs'],
    entries: ['', '/tfjs'],
  },
  {
    title: 'ONNX Runtime alone',
    install: ONNX_INSTALL,
    allowed: ONNX_RUNTIME,
    backends: ['reference', 'onnxruntime'],
    entries: ['', '/onnxruntime'],
  },
  {
    title: 'both',
    install: [...TFJS_INSTALL, ...ONNX_INSTALL],
    allowed: [...TFJS, ...ONNX_RUNTIME],
    backends: ['reference', 'tfjs', 'onnxruntime'],
    entries: ['', '/tfjs', '/onnxruntime'],
  },
];

/** What says how to install a backend that is missing. */
const MISSING = {
  onnxruntime: 'cure: npm install @difsr/onnxruntime onnxruntime-node (in the browser: onnxruntime-web)',
  tfjs: 'cure: npm install @difsr/tfjs @tensorflow/tfjs-core @tensorflow/tfjs-backend-wasm',
};
/** Prints for each backend that its output is that of the reference, or the last sentence of the error. */
const EVERY_BACKEND = `
  import { createDifAttention } from '@difsr/attention';
  const values = (n) => Float32Array.from({ length: n }, (_, i) => Math.sin(i + 1));
  async function output(backend) {
    const sides = [{ name: 'genre', width: 4 }];
    const attention = await createDifAttention({ width: 8, heads: 2, maxLength: 5, sides, backend });
    const inputs = { batch: 2, length: 5, item: values(80), sides: { genre: values(40) } };
    const result = await attention.forward(inputs);
    await attention.dispose();
    return result;
  }
  const expected = await output('reference');
  for (const backend of ['onnxruntime', 'tfjs']) {
    const got = await output(backend).catch((error) => error);
    if (got instanceof Error) console.log(got.message.slice(got.message.indexOf('Cure')));
    else console.log(got.every((value, i) => Math.abs(value - expected[i]) < 1e-4) ? 'same numbers' : 'other numbers');
  }
`;

/** Packages at the top of node_modules. @param {string} project */
const installed = (project) =>
  readdirSync(join(project, 'node_modules'))
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(project, 'node_modules', name)).map((part) => `${name}/${part}`) : [name],
    )
    .sort();

const scratch = mkdtempSync(join(tmpdir(), 'difsr-publish-'));
/** @type {string | undefined} */
let unreachable;
/** @type {Awaited<ReturnType<typeof startRegistry>>} */
let registry;

/** @type {string} */
let refused;

beforeAll(async () => {
  [{ problem: unreachable }, registry] = await Promise.all([
    thirdPartyRegistry(),
    startRegistry(join(scratch, 'registry')),
  ]);
  // First as the release workflow does it: nobody but a public CI can say where a package comes from, so this must fail.
  const refusal = publishAll(registry.url, scratch, { provenance: true });
  refused = await refusal.then(
    () => 'published',
    (error) => String(error.output),
  );
  await publishAll(registry.url, scratch);
}, 120_000);
afterAll(async () => {
  await registry?.close();
  rmSync(scratch, { recursive: true, force: true });
}, 60_000);

describe('published packages', () => {
  it('have provenance: the variable of the release workflow makes pnpm insist on it', () => {
    const workflow = readFileSync(join(ROOT, '.github/workflows/release.yml'), 'utf8');
    expect(workflow).toMatch(/^ +PNPM_CONFIG_PROVENANCE: 'true'$/m);
    expect(workflow).toMatch(/^ +id-token: write/m);
    expect(refused).toContain('PROVENANCE');
  });

  it.each(publicPackages().map(({ manifest }) => manifest))('$name is in the registry', async ({ name, version }) => {
    const response = await fetch(`${registry.url}${name.replace('/', '%2f')}`);
    /** @type {{ versions: Record<string, import('./public-packages.mjs').Manifest> }} */
    const { versions } = JSON.parse(await response.text());
    expect(Object.keys(versions)).toEqual([version]);
    const published = versions[version];
    expect(JSON.stringify(published)).not.toContain('workspace:');
    expect(published?.repository?.url).toMatch(/^git\+https:/);
  });
});

describe('@difsr/attention in an empty project', () => {
  const readme = readFileSync(join(ROOT, 'packages/attention/README.md'), 'utf8');

  it.for(COMBINATIONS)('with $title: nothing unneeded comes, and the README is right', async (combination, context) => {
    context.skip(
      unreachable !== undefined && !REQUIRED,
      `no registry for third-party packages (${unreachable}); DIFSR_REQUIRE_REGISTRY=1 makes this a failure`,
    );
    const { title, install, allowed, backends, entries } = combination;
    const project = join(scratch, title.replaceAll(' ', '-'));
    mkdirSync(project);
    context.onTestFinished(() => rmSync(project, { recursive: true, force: true })); // up to 300 MB
    writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
    writeFileSync(join(project, '.npmrc'), `@difsr:registry=${registry.url}\n`);
    const start = performance.now();
    // Not this test's business: CUDA files, which onnxruntime-node downloads where it finds nvcc.
    const env = { ONNXRUNTIME_NODE_INSTALL: 'skip' };
    await run('npm', ['install', '--no-audit', '--no-fund', '@difsr/attention', ...install], { cwd: project, env });
    const seconds = (performance.now() - start) / 1000;

    const needed = new Set([...OURS, ...allowed]);
    expect(installed(project).filter((name) => !needed.has(name))).toEqual([]);
    expect(installed(project)).toEqual(expect.arrayContaining(OURS));

    const imports = entries.map((entry) => `import '@difsr/attention${entry}';`).join('\n');
    expect(await runExample({ code: imports }, project)).toMatchObject({ code: 0 });
    for (const entry of entries) expect(await nodeModulesIn(`@difsr/attention${entry}`, project), entry).toEqual([]);

    const outcome = await runExample({ code: EVERY_BACKEND }, project);
    expect(outcome.printed, outcome.stderr).toEqual(
      Object.entries(MISSING).map(([name, cure]) => (backends.includes(name) ? 'same numbers' : cure)),
    );

    const present = new Set(installed(project));
    const examples = readmeExamples(readme).filter(
      (example) =>
        example.imports.every((name) => present.has(name)) && example.backends.every((name) => backends.includes(name)),
    );
    // First what this combination is for.
    examples.sort((a, b) => b.backends.length - a.backends.length);
    expect(examples[0]?.backends).not.toEqual([]);
    const firstOutput = [];
    for (const example of examples) {
      const started = performance.now();
      const result = await runExample(example, project);
      expect(result.code, result.stderr).toBe(0);
      if (example.printed !== undefined) expect(result.printed).toEqual(example.printed);
      firstOutput.push((result.firstOutput - started) / 1000);
    }
    const total = seconds + (firstOutput[0] ?? 0);
    await context.annotate(
      `${title}: ${total.toFixed(1)} s from "npm install" to the first output (${seconds.toFixed(1)} s of it npm), ` +
        `${examples.length} examples${total > SOON ? `: SLOWER than ${SOON} s` : ''}`,
    );
  });
});
