// The command as users run it: its reports, its help, its errors, Ctrl-C. No test looks at how long anything took.
import { spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitCodes } from './errors.js';
import { bench, BIN, freshFolder, here } from './program.test.support.js';

/** Has no `sh`, and no signals that a process could answer. */
const WINDOWS = process.platform === 'win32';
const TINY = ['--quick', '--lengths', '5', '--batches', '2', '--sides', '1', '--fusions', 'sum', '--budget', '0.5'];

/** Paths of all numbers in a JSON value that are not finite, and of nulls, which is what JSON makes of them. */
function holes(value: unknown, path = ''): string[] {
  if (value === null) return [path];
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, own]) => holes(own, `${path}.${key}`));
}

describe('difsr-bench attention', () => {
  it('measures every candidate on every device that it names, and reports as JSON, Markdown and SVG', async () => {
    const folder = await freshFolder();
    const { code, stdout, stderr } = await bench(
      [...TINY, '--sides', '0,1', '--fusions', 'sum,gate', '--devices', 'cpu,wasm', '--out', 'out'].toSpliced(
        0,
        0,
        'attention',
      ),
      { cwd: folder },
    );
    expect(stderr).not.toContain('FAILED');
    expect(code).toBe(exitCodes.ok);
    const names = await readdir(join(folder, 'out'));
    const engines = ['onnxruntime-cpu', 'tfjs-wasm', 'tfjs-cpu'];
    expect(names.toSorted()).toEqual(
      [
        'result.json',
        'report.md',
        'report.html',
        ...engines.flatMap((name) => ['costs', 'times'].map((kind) => `attention-${name}-${kind}.svg`)),
      ].toSorted(),
    );
    for (const name of names) expect(stdout).toContain(join('out', name));

    const report = JSON.parse(await readFile(join(folder, 'out', 'result.json'), 'utf8'));
    expect(report).toMatchObject({ kind: 'difsr-bench attention', version: 1, complete: true, missing: [] });
    // Candidates without a problem say null, tfjs has no thread count, and that is all that is null.
    expect([...new Set(holes(report).map((path) => path.replaceAll(/\d+/g, 'N')))].toSorted()).toEqual([
      '.cases.N.candidates.N.problem',
      '.cases.N.skipped',
      '.engines.N.threads',
    ]);
    expect(report.cases).toHaveLength(9);
    for (const { device, backend, case: own, candidates } of report.cases) {
      const expected = ['plain', 'plain-fused'];
      if (own.sides > 0) expected.push('unfused', 'fused', 'tabulated');
      if (backend === 'tfjs') expected.push('straightforward');
      expect(
        candidates.map(({ name }: { name: string }) => name),
        device,
      ).toEqual(expected);
      for (const { difference, milliseconds } of candidates) {
        expect(difference).toBeLessThan(1e-4);
        expect(milliseconds.median).toBeGreaterThan(0);
      }
    }
    for (const { difference } of report.engines) expect(difference).toBeLessThan(1e-4);

    const markdown = await readFile(join(folder, 'out', 'report.md'), 'utf8');
    for (const [, file] of markdown.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)) expect(names).toContain(file);
    expect(markdown).not.toMatch(/NaN|Infinity|undefined|null|Incomplete/);
    for (const name of names.filter((own) => own.endsWith('.svg'))) {
      const svg = await readFile(join(folder, 'out', name), 'utf8');
      expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
      expect(svg).not.toMatch(/NaN|undefined/);
      for (const shown of ['plain', 'sum 1', 'gate 1', 'batch 2, length 5']) expect(svg).toContain(shown);
    }
  });

  it.skipIf(WINDOWS)('measures to the end and writes the report when nobody reads what it says', async () => {
    const folder = await freshFolder();
    const command = [process.execPath, BIN, 'attention', ...TINY, '--backends', 'reference', '--out', 'out'];
    const script = 'exit $( { { "$@" 2>&1; echo $? >&3; } | true; } 3>&1 )';
    const child = spawn('sh', ['-c', script, 'sh', ...command], { cwd: folder, stdio: 'ignore' });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(exitCodes.ok);
    expect(JSON.parse(await readFile(join(folder, 'out', 'result.json'), 'utf8'))).toMatchObject({ complete: true });
  });

  it('takes position, padding and side sources of their own width', async () => {
    const args = [
      'attention',
      ...TINY,
      '--backends',
      'reference',
      '--fusions',
      'concat',
      '--position',
      '--padding',
      '--side-width',
      '6',
    ];
    const folder = await freshFolder();
    const { code, stderr } = await here([...args, '--heads', '2', '--out', folder]);
    expect(stderr).not.toContain('FAILED');
    expect(code).toBe(exitCodes.ok);
    const report = JSON.parse(await readFile(join(folder, 'result.json'), 'utf8'));
    expect(report.cases[0].case).toMatchObject({
      position: true,
      padding: true,
      sideWidth: 6,
      width: 16,
      fusion: 'concat',
    });
  });

  it.skipIf(WINDOWS)('writes what it has when it is interrupted, marked as incomplete', async () => {
    const folder = await freshFolder();
    let sent = false;
    const { code } = await bench(
      [
        'attention',
        ...TINY,
        '--backends',
        'onnxruntime',
        '--devices',
        'cpu',
        '--lengths',
        '5-40',
        '--budget',
        '30',
        '--out',
        folder,
      ],
      {
        watch: (stderr, kill) => {
          if (!sent && /^ 1\/36/m.test(stderr)) kill('SIGINT');
          sent ||= /^ 1\/36/m.test(stderr);
        },
      },
    );
    expect(code).toBe(exitCodes.interrupted);
    const report = JSON.parse(await readFile(join(folder, 'result.json'), 'utf8'));
    expect(report.complete).toBe(false);
    expect(report.cases.length).toBeGreaterThanOrEqual(1);
    expect(report.cases.length).toBeLessThan(36);
    expect(await readFile(join(folder, 'report.md'), 'utf8')).toContain('**Incomplete');
  });

  it('has examples in its help that run', async () => {
    const { code, stdout } = await here(['attention', '--help']);
    expect(code).toBe(exitCodes.ok);
    const examples = [...stdout.matchAll(/^ {2}\$ npx difsr-bench (.*)$/gm)].map(([, line = '']) => line.split(' '));
    expect(examples).toHaveLength(3);
    for (const example of examples) {
      const folder = await freshFolder();
      const ended = await here([...example, ...TINY, '--out', folder]); // the same, but small
      expect(ended.code, ended.stderr).toBe(exitCodes.ok);
      expect(await readdir(folder)).toContain('result.json');
    }
  });
});

describe('wrong use', () => {
  it.each([
    [['attention', '--fusions', 'sun'], exitCodes.usage, ['--fusions', '"sun"', 'sum, concat, gate', 'cure:']],
    [['attention', '--lengths', '5,x'], exitCodes.usage, ['--lengths', '"x"', '1 to 4096']],
    [['attention', '--heads', '3', '--width', '64'], exitCodes.usage, ['3 heads', '--width 64', 'cure:']],
    [['attention', '--side-width', '5'], exitCodes.usage, ['2 heads', '--side-width 5', 'cure:']],
    [
      ['attention', '--backends', 'tfjs', '--devices', 'cuda'],
      exitCodes.usage,
      ['"cuda"', 'tfjs has node-gpu', 'cure:'],
    ],
    [['attention', '--sides', '0', '--fusions', 'gate'], exitCodes.usage, ['gate', '--sides', 'cure:']],
    [['attention', '--budjet', '3'], exitCodes.usage, ['--budjet', '--budget']],
    [['atention'], exitCodes.usage, ['atention', 'cure:']],
    [['attention', '--devices', 'node-gpu'], exitCodes.backend, ['node-gpu', 'cure:', 'npm install']],
  ])('%j ends with %i and says what to do', async (args, expected, parts) => {
    const { code, stdout, stderr } = await here(args);
    expect(code).toBe(expected);
    expect(stdout).toBe('');
    for (const part of parts) expect(stderr).toContain(part);
    expect(stderr).not.toMatch(/\n\s+at /); // no stack trace
  });

  it('names a folder that cannot be written, before it measures', async () => {
    const folder = await freshFolder();
    await writeFile(join(folder, 'file'), '');
    const args = [
      'attention',
      ...TINY,
      '--backends',
      'onnxruntime',
      '--devices',
      'cpu',
      '--out',
      join(folder, 'file', 'out'),
    ];
    const { code, stderr } = await here(args);
    expect(code).toBe(exitCodes.failed);
    expect(stderr).toContain(join(folder, 'file', 'out'));
    expect(stderr).toContain('cure: name another folder');
    expect(stderr).not.toMatch(/^ *1\//m); // no case was begun
  });
});
