// Publishes all packages to a registry on this machine and uses them in empty projects, as their first users will:
// @difsr/attention with tfjs alone, with ONNX Runtime alone, with both; difsr with nothing beside it, then with what its
// errors say: the lines of its README as ES module and as CommonJS, and the service of the guide. Nothing that a combination does not need may arrive.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../bootstrap.mjs';
import { run, StepError } from '../steps.mjs';
import { installed, neededBy, sizeOfInstall } from './installed.mjs';
import { publicPackages } from './public-packages.mjs';
import { readmeExamples, runExample } from './readme-example.mjs';
import { nodeModulesIn } from './sizes.mjs';
import { compile, MODULE_SETTINGS, writeUsersCode } from './users-code.mjs';
import { publishAll, startRegistry, thirdPartyRegistry } from './registry.mjs';

/** Set by `.ci/run`: a registry of third-party packages must be there. */
const REQUIRED = process.env['DIFSR_REQUIRE_REGISTRY'] === '1';
/** Seconds from `npm install` to the first line of output. More is said, not failed: it depends on the network. */
const SOON = 60;

const OURS = ['@difsr/attention', '@difsr/errors', '@difsr/graph', '@difsr/nn'];
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
/** A package that the examples use, in their version. @param {string} name */
const ofExamples = (name) => {
  /** @type {{ dependencies: Record<string, string> }} */
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'examples/package.json'), 'utf8'));
  return `${name}@${dependencies[name]}`;
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
    if (got instanceof Error) console.log(got.message.slice(got.message.indexOf('cure: ')));
    else console.log(got.every((value, i) => Math.abs(value - expected[i]) < 1e-4) ? 'same numbers' : 'other numbers');
  }
`;

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

/** Megabytes of files that `npm install difsr` may bring beside ONNX Runtime: what a service carries around. */
const SERVING_LIMIT = 20;
/** The same on a disk that keeps files in blocks of 4 kB: zod alone takes 8 there, the small files of our packages 5. Declarations that nobody can import are not published (`files` of difsr and of the packages that it brings). */
const SERVING_LIMIT_ON_DISK = 28;
/** The packages of a cure. @param {string} cure */
const words = (cure) => cure.replace(/^.*npm install /, '').split(' ');
/** What a user has beside difsr: the server of the guide, and the types of Node.js (those of 20.19 do not hold with `exactOptionalPropertyTypes`). */
const USERS_OWN = [...['hono', '@hono/node-server'].map(ofExamples), '@types/node@24'];
/** What is installed by those who want it. */
const OPTIONAL = ['@duckdb/node-api', '@difsr/tfjs', '@tensorflow/tfjs-core', 'echarts', 'ml-matrix', '@difsr/server'];

describe('difsr in an empty project', () => {
  const project = join(scratch, 'serving');
  /** Runs the command there. @param {string[]} args */
  const difsr = (...args) =>
    run(process.execPath, [join('node_modules', 'difsr', 'bin', 'difsr.js'), ...args], { cwd: project });
  /** The line that an error names as its cure. @param {string[]} args */
  const cureOf = async (...args) => {
    const error = await difsr(...args).catch((/** @type {unknown} */ caught) => caught);
    return /^ *cure: (.*npm install \S.*)$/m.exec(error instanceof StepError ? error.output : '')?.[1] ?? String(error);
  };
  /** A model that trains in a moment, on data that need no files. @param {string} out @param {string[]} more */
  const train = (out, ...more) => {
    const sizes = ['hiddenSize=8', 'innerSize=8', 'layers=1', 'heads=1', 'maxLength=6', 'sideWidth=4'];
    const set = [...sizes.map((size) => `model.${size}`), 'training.targetsPerStep=64'];
    return [
      'train',
      '--data',
      'generated',
      ...set.flatMap((one) => ['--set', one]),
      '--epochs',
      '1',
      '--out',
      out,
      ...more,
    ];
  };

  const skipped = () => unreachable !== undefined && !REQUIRED;
  const why = () => `no registry for third-party packages (${unreachable})`;
  /** @param {string[]} words @param {Record<string, string>} [env] */
  const npm = (words, env = { ONNXRUNTIME_NODE_INSTALL: 'skip' }) =>
    run('npm', ['install', '--no-audit', '--no-fund', ...words], { cwd: project, env });
  /** The words behind `npm install` of each cure, found by the first test. @type {Record<'runtime' | 'files' | 'tfjs' | 'drawings', string[]>} */
  const missing = { runtime: [], files: [], tfjs: [], drawings: [] };
  afterAll(() => rmSync(project, { recursive: true, force: true }), 60_000); // half a gigabyte in the end

  it('brings what a service needs, and every error says how to install the rest', async (context) => {
    context.skip(skipped(), why());
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{ "private": true }');
    writeFileSync(join(project, '.npmrc'), `@difsr:registry=${registry.url}\n`);
    const version = publicPackages().find(({ manifest }) => manifest.name === 'difsr')?.manifest.version;

    // The install script of onnxruntime-node fails for this value as it does where its download is out of reach.
    await npm([`${registry.url}difsr/-/difsr-${version}.tgz`], { ONNXRUNTIME_NODE_INSTALL: 'out-of-reach' });
    const serving = neededBy(project, 'difsr', { without: ['onnxruntime-node'] });
    const { megabytes, onDisk, told } = sizeOfInstall(project, serving);
    expect(megabytes, told).toBeLessThan(SERVING_LIMIT);
    expect(onDisk, told).toBeLessThan(SERVING_LIMIT_ON_DISK);
    await context.annotate(`npm install difsr, beside ONNX Runtime: ${told}`);
    expect(installed(project).filter((name) => OPTIONAL.includes(name))).toEqual([]);
    expect(installed(project)).not.toContain('onnxruntime-node');

    await difsr('data', 'stats', 'generated');
    writeFileSync(join(project, 'orders.csv'), 'customer,sku,when\nu1,i1,1700000000\n');
    const runtime = await cureOf(...train('runs/a'));
    expect(runtime).toMatch(/^(?:ONNXRUNTIME_NODE_INSTALL=skip )?npm install onnxruntime-node@\d+\.\d+\.\d+$/);
    missing.runtime = words(runtime);
    missing.files = words(await cureOf('data', 'prepare', 'orders.csv', '--out', 'data/shop'));
    missing.tfjs = words(await cureOf(...train('runs/b', '--backend', 'tfjs')));
    missing.drawings = words(await cureOf('data', 'stats', 'generated', '--html', 'shop.html'));
    const first = [missing.files, missing.tfjs, missing.drawings].map(([name]) => name?.replace(/(.)@.*/, '$1'));
    expect(await cureOf('serve', 'runs/a')).toBe(`npm install @difsr/server@${version}`);
    // What decomposes matrices is asked for where there is a run to analyse.
    expect(first).toEqual(OPTIONAL.filter((name) => !/tensorflow|ml-matrix|server/.test(name)));
  });

  it('runs what its README says, as ES module and as CommonJS, and the service of the guide', async (context) => {
    context.skip(skipped(), why());
    await npm([...missing.runtime, ...missing.files, ...USERS_OWN]);
    const { esModule, commonJs } = writeUsersCode(project);
    expect(await compile(project, { module: 'nodenext' })).toBe('');
    expect(readFileSync(join(project, 'lines.cjs'), 'utf8')).toContain('require("difsr")');
    for (const [folder, file] of [
      [esModule, 'lines.mjs'],
      [commonJs, 'lines.cjs'],
    ]) {
      const printed = await run(process.execPath, [join(project, file ?? '')], { cwd: folder ?? '' });
      const { epochs, answer } = JSON.parse(printed);
      expect(epochs).toBe(20);
      expect(answer).toMatchObject({ unknown: ['nobody'], popular: false });
      expect(answer.items).toHaveLength(3);
      expect(answer.items[0]).toMatchObject({ id: expect.any(String), name: expect.stringMatching(/^Thing \d+$/) });
    }

    const env = { ...process.env, PORT: '0' };
    const server = spawn(process.execPath, [join(project, 'shop.mjs'), 'runs/shop'], { cwd: esModule, env });
    context.onTestFinished(() => void server.kill('SIGKILL'));
    const ended = once(server, 'exit');
    const said = await Promise.race([once(server.stdout, 'data'), ended]);
    const found = await fetch(`${String(said[0]).trim()}/recommend?history=B004,B017&k=5`);
    expect(found.status).toBe(200);
    /** @type {{ items: { id: string }[] }} */
    const { items } = JSON.parse(await found.text());
    expect(items).toHaveLength(5);
    expect(items.map(({ id }) => id)).not.toContain('B004');
    if (process.platform === 'win32') return; // Windows has no such signal: the process is ended at once
    server.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it.for(MODULE_SETTINGS)(
    'has types under module $module, the declarations of packages included',
    async (setting, context) => {
      context.skip(skipped(), why());
      expect(await compile(project, setting)).toBe('');
    },
  );

  it('does what was refused, once what the errors named is installed', async (context) => {
    context.skip(skipped(), why());
    await npm([...missing.tfjs, ...missing.drawings]);
    await difsr(...train('runs/a'));
    const ranks = words(await cureOf('analyze', 'runs/a'));
    expect(ranks[0]).toMatch(/^ml-matrix@/);
    await npm(ranks);
    await difsr('analyze', 'runs/a');
    expect(readFileSync(join(project, 'runs', 'a', 'analysis.html'), 'utf8')).toContain('Rank of attention scores');
    await difsr('recommend', 'runs/a', '--history', 'item-1 item-2', '-k', '3');
    const orders = join('es-module', 'orders.csv');
    await difsr('data', 'prepare', orders, '--out', 'data/shop');
    await difsr(...train('runs/b', '--backend', 'tfjs'));
    await difsr('data', 'stats', 'data/shop', '--html', 'shop.html');
    expect(readFileSync(join(project, 'shop.html'), 'utf8')).toContain('<svg ');
  });
});
