// What the guide says is true: its commands exist and have these options, its programs compile, and those that are marked
// run. See guide-blocks.mjs for the marks.
import { execFile } from 'node:child_process';
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
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../packages/attention/dist/index.js';
import { parseDescription, recipeNames } from '../../packages/prepare/dist/index.js';
import { ROOT } from '../bootstrap.mjs';
import { blocksOf, commandsOf, guideBlocks, wordsOf } from './guide-blocks.mjs';

/** @typedef {import('./guide-blocks.mjs').Block} Block */

const execute = promisify(execFile);
const blocks = guideBlocks();
/** @param {Block} block */
const place = ({ page, line }) => `${page}, line ${line}`;

/** @param {string} path @returns {{ name?: string, scripts?: Record<string, string>, dependencies?: Record<string, string>, optionalDependencies?: Record<string, string>, peerDependencies?: Record<string, string> }} */
const manifest = (path) => JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8'));
const folders = ['packages', 'apps'].flatMap((group) =>
  readdirSync(join(ROOT, group)).map((name) => `${group}/${name}`),
);
const packages = new Map(folders.map((folder) => [manifest(folder).name ?? '', { folder, ...manifest(folder) }]));
/** What a reader may be told to install: our packages, and what they depend on or have as peers. */
const installable = new Set([
  ...packages.keys(),
  ...[...packages.values()].flatMap(({ dependencies = {}, optionalDependencies = {}, peerDependencies = {} }) =>
    Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }),
  ),
  ...Object.keys(manifest('examples').dependencies ?? {}), // what a page builds on
  '@tensorflow/tfjs', // brings tfjs-core, layers and the browser's devices
]);
const { scripts = {} } = manifest('.');

/** Our commands: where `npx NAME` leads. */
const BINARIES = new Map([
  ['difsr', 'apps/trainer/bin/difsr.js'],
  ['difsr-bench', 'apps/benchmark/bin/difsr-bench.js'],
]);

/** @type {Map<string, Promise<string>>} */
const helps = new Map();
/** What `COMMAND --help` prints. @param {string} name @param {readonly string[]} subcommand */
function help(name, subcommand) {
  const key = [name, ...subcommand].join(' ');
  const known = helps.get(key);
  if (known !== undefined) return known;
  const binary = join(ROOT, BINARIES.get(name) ?? 'none');
  const asked = execute(process.execPath, [binary, ...subcommand, '--help']).then(({ stdout }) => stdout);
  helps.set(key, asked);
  return asked;
}

/** Options whose values the help lists. */
const LISTED = new Set(['--backend', '--device', '--model', '--format', '--preset']);

/** What is wrong with a call of one of our commands. @param {string} name @param {readonly string[]} words */
async function callProblems(name, words) {
  const text = await help(name, []);
  const [first = '', second = ''] = words;
  const subcommand = first.startsWith('-') || first === '' ? [] : first === 'data' ? [first, second] : [first];
  if (subcommand.length > 0 && !new RegExp(`^ +${first}\\b`, 'm').test(text))
    return [`${name} has no command "${first}"`];
  const own = (await help(name, subcommand)).replace(/\n {10,}/g, ' '); // descriptions in one line
  // A recipe is named without a path or an ending.
  if (first === 'data' && ['pull', 'prepare'].includes(second)) {
    const named = words[2] ?? '';
    if (/^[\w-]+$/.test(named) && !named.startsWith('-') && !recipeNames().includes(named))
      return [`there is no recipe "${named}"`];
  }
  return words.flatMap((word, i) => {
    if (!/^-{1,2}[a-zA-Z]/.test(word)) return [];
    const option = own.split('\n').find((line) => new RegExp(`^ +(?:-\\w, )?${word}(?: |,|$)`).test(line));
    if (option === undefined) return [`"${name} ${subcommand.join(' ')}" has no option ${word}`];
    const value = words[i + 1] ?? '';
    return LISTED.has(word) && !new RegExp(`(?<![\\w-])${value}(?![\\w-])`).test(option)
      ? [`${word} ${value}: its help does not name "${value}"`]
      : [];
  });
}

/** What is wrong with a command of the guide. @param {string} command @returns {Promise<string[]>} */
async function problems(command) {
  const [program = '', ...words] = wordsOf(command);
  const [first = '', second = ''] = words;
  if (program === 'npx' && BINARIES.has(first)) return callProblems(first, words.slice(1));
  if (BINARIES.has(program)) return callProblems(program, words);
  if (program === 'npm' && first === 'install') {
    const unknown = words.slice(1).filter((word) => !word.startsWith('-') && !installable.has(word));
    return unknown.map((word) => `"${word}" is no package of ours and none that ours need`);
  }
  if ((program === 'npm' || program === 'pnpm') && first === 'run')
    return scripts[second] === undefined ? [`there is no root script "${second}"`] : [];
  if (program === 'npm' && first === 'test') return [];
  if (program === 'pnpm' && first === '--filter') {
    const found = packages.get(second)?.scripts ?? {};
    return found[words[2] ?? ''] === undefined ? [`${second} has no script "${words[2]}"`] : [];
  }
  // `pnpm docs` and the like are pnpm's own; these few are ours.
  if (program === 'pnpm' && ['build', 'check', 'fixtures', 'lint', 'format'].includes(first))
    return scripts[first] === undefined ? [`there is no root script "${first}"`] : [];
  if (program === 'pnpm' && first === 'install') return [];
  if (program === 'node') return existsSync(join(ROOT, first)) ? [] : [`there is no file ${first}`];
  if (program === 'cd' || program === 'git') return [];
  return [`this test does not know "${program} ${first}": teach scripts/docs/guide.test.mjs`];
}

describe('the shell blocks of the guide', () => {
  const shell = blocks.filter(({ language }) => language === 'sh' || language === 'bash');
  it.each(shell.map((block) => [place(block), block]))('%s: commands and options exist', async (_, block) => {
    const found = await Promise.all(commandsOf(block.code).map(problems));
    expect(found.flat()).toEqual([]);
  });

  const pages = [...new Set(shell.filter(({ flags }) => flags.includes('run')).map(({ page }) => page))];
  it.each(pages)('%s: what is marked runs', async (page) => {
    const folder = mkdtempSync(join(tmpdir(), 'difsr-guide-'));
    try {
      for (const { file, code } of blocks.filter((block) => block.page === page)) {
        if (file === undefined) continue;
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), code);
      }
      const marked = shell.filter((block) => block.page === page && block.flags.includes('run'));
      for (const command of marked.flatMap(({ code }) => commandsOf(code))) {
        const [, name = '', ...words] = wordsOf(command);
        const binary = BINARIES.get(name);
        if (binary === undefined) throw new Error(`"${command}" is marked to run: only our own commands can be`);
        // Two epochs instead of the preset's, on the device that is everywhere: the commands are tested, not the models.
        const short = words[0] === 'train' ? ['--epochs', '2', '--device', 'cpu', '--threads', '1'] : [];
        await execute(process.execPath, [join(ROOT, binary), ...words, ...short], { cwd: folder });
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('the programs of the guide', () => {
  const programs = blocks.filter(
    ({ language, flags }) => ['ts', 'js'].includes(language) && !flags.includes('fragment'),
  );
  /** A folder that sees our packages and their peers as a user's project does. */
  let folder = '';
  /** @param {Block} block */
  const file = (block) =>
    join(
      folder,
      `${block.page.replace('.md', '').replaceAll('/', '-')}-${block.line}.${block.language === 'ts' ? 'ts' : 'mjs'}`,
    );

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'difsr-guide-'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    /** @param {string} name @param {string} target */
    const link = (name, target) => {
      if (!existsSync(target)) return;
      mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true });
      symlinkSync(target, join(folder, 'node_modules', name), 'junction');
    };
    for (const [name, { folder: own }] of packages) link(name, join(ROOT, own));
    for (const name of ['@tensorflow', 'onnxruntime-node']) link(name, join(ROOT, 'examples', 'node_modules', name));
    for (const block of programs) writeFileSync(file(block), block.code);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('compile', () => {
    const typed = programs.filter(({ language }) => language === 'ts').map(file);
    const program = ts.createProgram(typed, {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      strict: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: true,
      noEmit: true,
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules', '@types')],
    });
    const found = ts.getPreEmitDiagnostics(program).map(({ file: source, start = 0, messageText }) => {
      const at = source?.getLineAndCharacterOfPosition(start);
      return `${source?.fileName.slice(folder.length + 1)}:${(at?.line ?? 0) + 1}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
    expect(found).toEqual([]);
  });

  it.each(programs.filter(({ flags }) => flags.includes('run')).map((block) => [place(block), block]))(
    '%s runs',
    async (_, block) => {
      const output = `${file(block)}.run.mjs`;
      const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
      writeFileSync(output, ts.transpileModule(block.code, { compilerOptions: options }).outputText);
      const { stdout } = await execute(process.execPath, [output]);
      // What it prints may stand right below it.
      const next = blocks[blocks.indexOf(block) + 1];
      if (next?.page === block.page && next.language === 'text') expect(stdout).toBe(next.code);
      else expect(stdout).not.toBe('');
    },
  );

  const normal = (/** @type {string} */ text) => text.replace(/\s+/g, ' ').trim();
  const sources = ['examples/src', 'packages', 'apps', 'browser/src'].flatMap((root) =>
    existsSync(join(ROOT, root))
      ? readdirSync(join(ROOT, root), { recursive: true, encoding: 'utf8' })
          .filter((path) => /\.(?:ts|md)$/.test(path) && !/(?:^|[/\\])(?:node_modules|dist)(?:[/\\]|$)/.test(path))
          .map((path) => join(ROOT, root, path))
      : [],
  );
  it.each(blocks.filter(({ flags }) => flags.includes('fragment')).map((block) => [place(block), block]))(
    '%s is found in the repository',
    (_, block) => {
      // Lines of dots stand for what is left out.
      const parts = block.code
        .split(/^\s*(?:\/\/ )?\.\.\.\s*$/m)
        .map(normal)
        .filter((part) => part !== '');
      const found = sources.some((path) => {
        const text = normal(readFileSync(path, 'utf8'));
        return parts.every((part) => text.includes(part));
      });
      expect(found, `no source holds this fragment:\n${block.code}`).toBe(true);
    },
  );
});

describe('the JSON of the guide', () => {
  const json = blocks.filter(({ language }) => language === 'json');
  it.each(json.map((block) => [place(block), block]))('%s is read', (_, block) => {
    expect(() => JSON.parse(block.code)).not.toThrow();
  });

  it('is a configuration where it says so', () => {
    const configs = json.filter(({ page }) => page === 'attention-config.md').map(({ code }) => JSON.parse(code));
    expect(configs).not.toEqual([]);
    for (const config of configs) expect(parseConfig(config)).toMatchObject(config);
  });
});

describe('the descriptions of the guide', () => {
  const described = blocks.filter(({ language, code }) => language === 'yaml' && /^interactions:/m.test(code));
  it.each(described.map((block) => [place(block), block]))('%s is one', (_, block) => {
    expect(parseDescription(block.code, place(block)).interactions).toBeDefined();
  });
});

describe('reading of blocks', () => {
  it('takes language, marks, file and code', () => {
    const [first, second] = blocksOf(
      'x.md',
      'text\n\n```sh run\nnpm test # all\n```\n\n- list\n\n  ```tsv file=data/a.inter\n  a\tb\n  ```\n',
    );
    expect(first).toEqual({
      page: 'x.md',
      line: 3,
      language: 'sh',
      flags: ['run'],
      file: undefined,
      code: 'npm test # all\n',
    });
    expect(second).toMatchObject({ language: 'tsv', file: 'data/a.inter', code: 'a\tb\n' });
  });

  it('splits commands and words as a shell does', () => {
    expect(commandsOf('a --b \\\n  c # note\n# all of it\n\nd && e')).toEqual(['a --b c', 'd', 'e']);
    expect(wordsOf('npx difsr recommend runs/x --history "a b" -k 3')).toEqual([
      'npx',
      'difsr',
      'recommend',
      'runs/x',
      '--history',
      'a b',
      '-k',
      '3',
    ]);
    expect(wordsOf(`a '[{"item": "b"}]' --set 'x="y"'z`)).toEqual(['a', '[{"item": "b"}]', '--set', 'x="y"z']);
  });

  it('finds what is wrong', async () => {
    expect(await problems('pnpm docs')).not.toEqual([]);
    expect(await problems('npm install left-pad')).not.toEqual([]);
    expect(await problems('npx difsr train --epoch 3')).not.toEqual([]);
    expect(await problems('npx difsr train --device gpu')).not.toEqual([]);
    expect(await problems('npx difsr train --epochs 3 --device cpu')).toEqual([]);
  });
});
