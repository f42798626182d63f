// A clone is also a place to work in: neither git nor the checks look at what users bring and what is written for them.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../bootstrap.mjs';

/** What the README's commands and others leave at the top of a clone. */
const THEIRS = [
  'clicks.csv',
  'catalogue.jsonl',
  'orders.tsv.gz',
  'data/shop.yaml',
  'data/shop.quarantine.jsonl',
  'data/shop/dataset.json',
  'data/shop/users.parquet',
  'data/raw/ml-1m/users.dat',
  'runs/shop-dif-sr-1/config.json',
  'benchmarks/attention-2026/result.json',
  'my shop/dataset.json',
  'my shop/try.mjs',
];
/** Of theirs, what git may see (it holds names of columns, not rows), but no check looks at. */
const SEEN = ['shop.yaml', 'run.json', 'try.mjs', 'shop.html'];
/** Ours, in places that look alike. */
const OURS = [
  'packages/data/src/new.ts',
  'packages/prepare/recipes/new.yaml',
  'packages/data/src/data/new.ts',
  'apps/trainer/src/commands/data-new.ts',
  'docs/guide/data/new.md',
  'fixtures/data/new.json',
  'examples/new.yaml',
  'scripts/new.mjs',
  '.github/workflows/new.yml',
  '.changeset/new.md',
];
/** No formatter leaves this as it is, in any language. */
const ODD = '{"a":   1,\n\n\n "b":2}\n';
const ODD_CODE = 'var  a = 1; debugger\n';

/** @param {string} command @param {readonly string[]} args @param {string} cwd @param {string} [input] */
const run = (command, args, cwd, input) => spawnSync(command, args, { cwd, input, encoding: 'utf8' });
const git = run('git', ['--version'], ROOT).status === 0;

/** A folder with the rules of the clone, all of these files, and nothing else. */
let clone = '';
beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), 'difsr-clone-'));
  for (const file of ['.gitignore', '.oxfmtrc.json', '.oxlintrc.json'])
    copyFileSync(join(ROOT, file), join(clone, file));
  cpSync(join(ROOT, 'scripts', 'lint'), join(clone, 'scripts', 'lint'), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'), 'junction');
  for (const file of [...THEIRS, ...SEEN, ...OURS]) {
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    writeFileSync(join(clone, file), /\.m?[jt]s$/.test(file) ? ODD_CODE : ODD);
  }
});
afterAll(() => rmSync(clone, { recursive: true, force: true }));

const listed = (/** @type {string} */ text) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .toSorted();

describe('git', () => {
  it('takes nothing with rows of users, and everything of ours', ({ skip }) => {
    skip(!git, 'needs git');
    run('git', ['init', '--quiet'], clone);
    const { stdout } = run('git', ['-c', 'core.quotePath=off', 'ls-files', '--others', '--exclude-standard'], clone);
    const found = listed(stdout).filter((file) => [...THEIRS, ...SEEN, ...OURS].includes(file));
    expect(found).toEqual([...SEEN, ...OURS].toSorted());
    rmSync(join(clone, '.git'), { recursive: true });
  });

  it('ignores no file that it tracks: a new folder at the top needs a line in .gitignore', ({ skip }) => {
    const tracked = run('git', ['ls-files'], ROOT);
    skip(tracked.status !== 0, 'needs a clone of git');
    expect(run('git', ['check-ignore', '--no-index', '--stdin'], ROOT, tracked.stdout).stdout).toBe('');
  });
});

describe('the checks', () => {
  /** Not through `.bin`, whose files Windows cannot start. @param {string} name @param {readonly string[]} args */
  const tool = (name, ...args) =>
    run(process.execPath, [join(ROOT, 'node_modules', name, 'bin', name), ...args], clone);

  it('the formatter looks at ours alone', () => {
    const { stdout, status } = tool('oxfmt', '--list-different');
    expect(status).toBe(1);
    const formatted = OURS.filter((file) => !file.endsWith('.md'));
    expect(listed(stdout).filter((file) => !file.startsWith('.ox'))).toEqual(formatted.toSorted());
  });

  it('the linter looks at ours alone', () => {
    const { stdout } = tool('oxlint', '--format', 'unix', '--deny-warnings');
    const named = new Set(
      Array.from(stdout.matchAll(/^(.+?):\d+:\d+: /gm), ([, file = '']) => file.replace(/^\.\//, '')),
    );
    expect([...named].toSorted()).toEqual(OURS.filter((file) => /\.m?ts$|\.mjs$/.test(file)).toSorted());
  });

  it('look at everything at the top that is ours', ({ skip }) => {
    const tracked = run('git', ['ls-files'], ROOT);
    skip(tracked.status !== 0, 'needs a clone of git');
    const top = [
      ...new Set(listed(tracked.stdout).map((file) => (file.includes('/') ? `/${file.split('/')[0]}/` : `/${file}`))),
    ];
    const rules = ['.oxfmtrc.json', '.oxlintrc.json'].map((file) => readFileSync(join(ROOT, file), 'utf8'));
    const named = (/** @type {string} */ text, /** @type {string} */ name) =>
      text.includes(`"!${name}"`) || (/^\/tsconfig.*\.json$/.test(name) && text.includes('"!/tsconfig*.json"'));
    const [format = '', lint = ''] = rules;
    const formatted = top.filter(
      (name) => /\/$|\.(?:jsonc?|ts|yaml)$/.test(name) && !['/.ci/', '/pnpm-lock.yaml'].includes(name),
    );
    expect(formatted.filter((name) => !named(format, name))).toEqual([]);
    const linted = top.filter((name) => /^\/[^.].*\/$|\.ts$/.test(name));
    expect(linted.filter((name) => !named(lint, name))).toEqual([]);
  });
});
