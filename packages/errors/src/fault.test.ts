// Errors by their faults.
import { describe, expect, it } from 'vitest';
import { describeFaults, DifsrError, faultAt } from './fault.js';
import { isMissingPackage, MissingPackageError } from './missing-package.js';
import { call, setting, text } from './text.js';

describe('an error', () => {
  it('of words alone has them as its message', () => {
    expect(new DifsrError('no such thing')).toMatchObject({
      message: 'no such thing',
      faults: [{ what: 'no such thing' }],
      total: 1,
    });
    expect(new DifsrError(text`use ${setting('device')}`).faults).toHaveLength(1);
    expect(new DifsrError(setting('device', 'cpu')).message).toBe("device: 'cpu'");
  });

  it('has place, words and cure in its message, and keeps its cause', () => {
    const cause = new Error('deep');
    const error = new DifsrError({ where: 'a.csv', what: 'is empty', cure: 'fill it' }, { cause });
    expect(error.message).toBe('a.csv: is empty\n  cure: fill it');
    expect(error).toMatchObject({ cause, total: 1 });
    expect(error).toBeInstanceOf(Error);
  });

  it('of several faults has a line for each, and every cure once', () => {
    const faults = [
      { where: 'a.csv, line 2', what: '"x" is no number', cure: 'correct it' },
      { where: 'a.csv, line 3', what: '"y" is no number', cure: 'correct it' },
      { what: 'there is no time', cure: setting('columns.time', 'none') },
    ];
    expect(new DifsrError(faults, { total: 30 }).message).toBe(
      [
        'a.csv, line 2: "x" is no number',
        'a.csv, line 3: "y" is no number',
        'there is no time',
        '... and 27 more problems (30 in all)',
        '  cure: correct it',
        "  cure: columns.time: 'none'",
      ].join('\n'),
    );
  });

  it('is read by its parts, those of its first fault, as code writes them', () => {
    const { what, where, option, cure } = new DifsrError([
      { where: 'orders.csv', what: 'is empty', option: 'raw', cure: text`set ${setting('columns.time', 'none')}` },
      { what: 'is not read' },
    ]);
    expect({ what, where, option, cure }).toEqual({
      where: 'orders.csv',
      what: 'is empty',
      option: 'raw',
      cure: "set columns.time: 'none'",
    });
    const plain = new DifsrError('no such thing');
    expect([plain.what, plain.where, plain.option, plain.cure]).toEqual([
      'no such thing',
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('is written again by whoever shows it', () => {
    const error = new DifsrError({
      where: ['runs/a', ' (', setting('out'), ')'],
      what: 'holds a run',
      cure: call('resume', ['runs/a']),
    });
    const show = { settings: () => '--out', call: () => 'difsr resume runs/a' };
    expect(describeFaults(error, show)).toBe('runs/a (--out): holds a run\n  cure: difsr resume runs/a');
    expect(error.message).toBe("runs/a (out): holds a run\n  cure: resume('runs/a')");
  });
});

it('a fault is said of a place', () => {
  expect(describeFaults(new DifsrError(faultAt('request 3', { what: 'is empty' })))).toBe('request 3: is empty');
  expect(describeFaults(new DifsrError(faultAt('request 3', { where: 'history', what: 'is empty' })))).toBe(
    'request 3: history: is empty',
  );
});

it('a missing package is named with the line that installs it', () => {
  const error = new MissingPackageError('@duckdb/node-api', 'npm install @duckdb/node-api@1.5.6', 'reading files');
  expect(error.message).toBe(
    'reading files needs the package @duckdb/node-api, which is not installed\n  cure: npm install @duckdb/node-api@1.5.6',
  );
  expect(error).toMatchObject({ name: 'MissingPackageError', package: '@duckdb/node-api' });
});

it.each([
  [
    Object.assign(new Error("Cannot find package 'echarts' imported from /a.js"), { code: 'ERR_MODULE_NOT_FOUND' }),
    true,
  ],
  [Object.assign(new Error("Cannot find module 'zrender' in echarts"), { code: 'MODULE_NOT_FOUND' }), false],
  [new Error('Could not resolve "echarts" imported by "shop". Is it installed?'), true], // vite
  [new TypeError('Failed to resolve module specifier "echarts". Relative references must start with "/"'), true], // Chromium
  [new TypeError('The specifier “echarts” was a bare specifier, but was not remapped to anything.'), true], // Firefox
  [new TypeError("Module name, 'echarts' does not resolve to a valid URL."), true], // Safari
  [new TypeError('Failed to resolve module specifier "echarts-gl".'), false],
  [new Error('echarts: "echarts" ran out of memory'), false],
  ['echarts', false],
])('%s says that the package is missing: %s', (error, missing) => {
  expect(isMissingPackage(error, 'echarts')).toBe(missing);
});
