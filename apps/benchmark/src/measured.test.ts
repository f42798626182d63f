// train, evaluate, recommend and load as users run them, on a few generated users. No test looks at how long anything took.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitCodes } from './errors.js';
import type { BenchmarkResult } from './measure/result.js';
import { bench, freshFolder, here } from './program.test.support.js';

const TINY = ['--quick', '--users', '12', '--items', '126', '--rounds', '2', '--threads', '1'];
const WINDOWS = process.platform === 'win32';

async function resultIn(folder: string): Promise<BenchmarkResult> {
  // Written by the command under test; the assertions below look at it.
  return JSON.parse(await readFile(join(folder, 'result.json'), 'utf8')) as BenchmarkResult;
}

/** Candidates of each measure of a result. */
const namesIn = ({ measures }: BenchmarkResult): Record<string, string[]> =>
  Object.fromEntries(measures.map(({ name, candidates }) => [name, candidates.map((own) => own.name)]));

const figuresIn = ({ measures }: BenchmarkResult): string[] => [
  ...new Set(
    measures.flatMap(({ candidates }) => candidates.flatMap(({ figures }) => figures.map(({ name }) => name))),
  ),
];

interface Expected {
  readonly args: readonly string[];
  readonly names: Readonly<Record<string, readonly string[]>>;
  readonly figures: readonly string[];
}

const ENGINES = ['--backends', 'onnxruntime,tfjs'];
const expected: Readonly<Record<string, Expected>> = {
  train: {
    args: [...ENGINES, '--steps', '1'],
    names: { training: ['onnxruntime cpu', 'onnxruntime cpu, plain', 'tfjs wasm'] },
    figures: [
      'an epoch',
      'a step',
      'positions',
      'floor over time',
      'large product',
      'longest pause',
      'arithmetic of an epoch',
    ],
  },
  evaluate: {
    args: ENGINES,
    names: { ranking: ['onnxruntime cpu', 'onnxruntime cpu, plain', 'tfjs wasm'] },
    figures: ['all users', 'users'],
  },
  recommend: {
    args: [...ENGINES, '--calls', '2', '--batch', '3'],
    names: Object.fromEntries(
      ['one history', 'batches'].map((measure) => [
        measure,
        ['onnxruntime cpu, thread', 'onnxruntime cpu, worker', 'onnxruntime cpu, plain', 'tfjs wasm, thread'],
      ]),
    ),
    figures: ['p50 of a call', 'p99 of a call', 'users'],
  },
  load: {
    args: [],
    names: { opening: ['data set', 'onnxruntime cpu, recommender', 'onnxruntime cpu, first answer'] },
    figures: ['time', 'peak memory'],
  },
};

describe.each(Object.entries(expected))('difsr-bench %s', (command, { args, names, figures }) => {
  it('measures in turns what agrees, and reports as JSON, Markdown and HTML', async () => {
    const folder = await freshFolder();
    const { code, stdout, stderr } = await here([command, ...TINY, ...args, '--out', folder]);
    expect(code, stderr).toBe(exitCodes.ok);
    expect(await readdir(folder)).toEqual(['report.html', 'report.md', 'result.json']);

    const result = await resultIn(folder);
    expect(result).toMatchObject({
      kind: `difsr-bench ${command}`,
      version: 1,
      complete: true,
      missing: [],
      productSize: 256,
    });
    expect(result.data).toMatchObject({ users: 12, items: 126 });
    expect(namesIn(result)).toEqual(names);
    expect(figuresIn(result)).toEqual(figures);
    for (const { candidates, rounds } of result.measures) {
      expect(rounds).toBe(2);
      for (const own of candidates) {
        expect(own.problem, own.name).toBeNull();
        expect([own.samples.length, own.products.length], own.name).toEqual([2, 2]);
        for (const number of [
          ...own.samples,
          ...own.products,
          ...own.figures.filter(({ name }) => name !== 'longest pause').map(({ value }) => value),
        ])
          expect(number, own.name).toBeGreaterThan(0);
        expect(own.ratio === null, own.name).toBe(own.plain === null);
      }
    }

    const markdown = await readFile(join(folder, 'report.md'), 'utf8');
    const html = await readFile(join(folder, 'report.html'), 'utf8');
    for (const name of Object.values(names).flat())
      for (const shown of [stdout, markdown, html]) expect(shown).toContain(name);
    for (const shown of [stdout, markdown, html]) expect(shown).not.toMatch(/NaN|Infinity|undefined|null/);
    expect(html).toContain('<svg');
    expect(html).not.toMatch(/<script|src=|href=/); // nothing from elsewhere
  });

  it('has examples in its help whose options there are', async () => {
    const { code, stdout } = await here([command, '--help']);
    expect(code).toBe(exitCodes.ok);
    const examples = [...stdout.matchAll(/^ {2}\$ npx difsr-bench (.*)$/gm)].map(([, line = '']) => line.split(' '));
    expect(examples).toHaveLength(3);
    for (const example of examples) {
      expect(example[0]).toBe(command);
      // A data set that there is none of ends it before anything is measured, but after all options were read.
      const { code: ended, stderr } = await here([
        ...example,
        '--data',
        'no/such/data',
        '--compare',
        'no/such/result.json',
      ]);
      expect(ended, stderr).toBe(exitCodes.usage);
      expect(stderr).toContain('no/such/result.json');
    }
  });
});

describe('--compare', () => {
  const once = ['evaluate', ...TINY, '--no-plain'];

  it('says what became slower, in the reports, as JSON and by the exit code', async () => {
    const folder = await freshFolder();
    const [before, now] = [join(folder, 'before'), join(folder, 'now')];
    const rounds = ['--rounds', '7'];
    expect((await here([...once, ...rounds, '--out', before])).code).toBe(exitCodes.ok);
    const result = await resultIn(before);
    // As if the run before had taken a thousandth of the time, and once a thousand times as long.
    const scaled = (factor: number): string =>
      JSON.stringify({
        ...result,
        measures: result.measures.map((measure) => ({
          ...measure,
          candidates: measure.candidates.map((own) => ({ ...own, samples: own.samples.map((time) => time * factor) })),
        })),
      });
    const [quick, slow] = [join(folder, 'quick.json'), join(folder, 'slow.json')];
    await writeFile(quick, scaled(1e-3));
    await writeFile(slow, scaled(1e3));

    const slower = await here([...once, ...rounds, '--out', now, '--compare', quick]);
    expect(slower.code, slower.stderr).toBe(exitCodes.slower);
    expect(slower.stdout).toMatch(/^slower: ranking, onnxruntime cpu takes .* by the large product/m);
    expect(await readdir(now)).toContain('comparison.json');
    for (const name of ['report.md', 'report.html'])
      expect(await readFile(join(now, name), 'utf8')).toContain('slower: ranking');

    const faster = await here([...once, ...rounds, '--out', now, '--compare', slow, '--json']);
    expect(faster.code, faster.stderr).toBe(exitCodes.ok);
    expect(JSON.parse(faster.stdout)).toMatchObject({
      kind: 'difsr-bench evaluate',
      comparison: { rows: [{ verdict: 'faster', by: 'the large product' }] },
    });
  });

  it('refuses another command and other data by name, before it measures', async () => {
    const folder = await freshFolder();
    expect((await here([...once, '--out', folder])).code).toBe(exitCodes.ok);
    const file = join(folder, 'result.json');
    const { code, stderr } = await here(['recommend', ...TINY, '--users', '13', '--compare', file, '--out', folder]);
    expect(code).toBe(exitCodes.usage);
    for (const part of [file, 'difsr-bench evaluate, is difsr-bench recommend', '12 users', '13 users', 'cure:'])
      expect(stderr).toContain(part);
    expect(stderr).not.toContain('round 1');
  });

  it.each([
    ['is not there', undefined, 'there is no file'],
    ['is no JSON', 'no JSON', 'is no JSON'],
    ['is something else', '{"kind":"difsr-bench attention","version":1}', 'it says "difsr-bench attention"'],
  ])('names a file that %s', async (_, content, message) => {
    const file = join(await freshFolder(), 'before.json');
    if (content !== undefined) await writeFile(file, content);
    const { code, stderr } = await here(['train', '--compare', file]);
    expect(code).toBe(exitCodes.usage);
    for (const part of [file, message, 'cure: name a result.json']) expect(stderr).toContain(part);
  });
});

describe('wrong use', () => {
  it.each<[string[], number, string[]]>([
    [['train', '--model', 'dif-rs'], exitCodes.usage, ['dif-rs', 'dif-sr']],
    [['train', '--model', 'popular'], exitCodes.usage, ['popular is counted', 'cure:']],
    [['train', '--preset', 'smal'], exitCodes.usage, ['smal', 'small']],
    [['evaluate', '--data', 'no/such/data'], exitCodes.data, ['no/such/data', 'cure:']],
    [['recommend', '--k', '0'], exitCodes.usage, ['--k', '1 to']],
    [['load', '--devices', 'cuda', '--backends', 'tfjs'], exitCodes.usage, ['"cuda"', 'tfjs has', 'cure:']],
    [['train', '--backends', 'tfjs', '--devices', 'node-gpu'], exitCodes.backend, ['node-gpu', 'npm install']],
    [['train', '--stepz', '3'], exitCodes.usage, ['--stepz', '--steps', 'npx difsr-bench train --help']],
  ])('%j ends with %i and says what to do', async (args, expectedCode, parts) => {
    const { code, stdout, stderr } = await here(args);
    expect(code, stderr).toBe(expectedCode);
    expect(stdout).toBe('');
    for (const part of parts) expect(stderr).toContain(part);
    expect(stderr).not.toMatch(/\n\s+at /); // no stack trace
  });
});

it.skipIf(WINDOWS)('Ctrl-C writes the rounds that are whole, marked as incomplete', async () => {
  const folder = await freshFolder();
  let sent = false;
  const { code } = await bench(['evaluate', ...TINY, '--rounds', '1000', '--out', folder], {
    watch: (stderr, kill) => {
      if (!sent && stderr.includes('round 2 of')) kill('SIGINT');
      sent ||= stderr.includes('round 2 of');
    },
  });
  expect(code).toBe(exitCodes.interrupted);
  const { complete, measures } = await resultIn(folder);
  expect(complete).toBe(false);
  for (const { rounds, candidates } of measures) {
    expect(rounds).toBeGreaterThanOrEqual(2);
    expect(rounds).toBeLessThan(1000);
    for (const { samples, products } of candidates) expect([samples.length, products.length]).toEqual([rounds, rounds]);
  }
  expect(await readFile(join(folder, 'report.md'), 'utf8')).toContain('Incomplete');
});
