// The code of the guide, cut out of its Markdown: fenced blocks with their language, and what else the fence says:
//   ```sh            commands that must exist, with these options
//   ```sh run        the same, and they are run, in the order of the page, in one folder with the page's files
//   ```tsv file=PATH a file in that folder, whatever its language
//   ```ts            a module that must compile; with `run`, it is run
//   ```ts fragment   part of an example or README in the repository, where it must be found
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { ROOT } from '../bootstrap.mjs';

/** The folder of the guide, from the repository's root. */
export const GUIDE = 'docs/guide';

/**
 * @typedef {object} Block
 * @property {string} page "getting-started.md", "data/csv.md"
 * @property {number} line Where the fence is, from 1.
 * @property {string} language
 * @property {readonly string[]} flags "run", "fragment"
 * @property {string | undefined} file
 * @property {string} code
 */

/** All fenced blocks of a text. @param {string} page @param {string} text @returns {Block[]} */
export function blocksOf(page, text) {
  return [...text.matchAll(/^( *)```([a-z]*)([^\n]*)\n(.*?)^ *```$/gms)].map((match) => {
    const [, indent = '', language = '', info = '', code = ''] = match;
    const words = info.trim().split(/\s+/).filter(Boolean);
    return {
      page,
      line: text.slice(0, match.index).split('\n').length,
      language,
      flags: words.filter((word) => !word.includes('=')),
      file: words.find((word) => word.startsWith('file='))?.slice('file='.length),
      code: code.replaceAll(`\n${indent}`, '\n').slice(indent.length),
    };
  });
}

/** The blocks of every page of the guide. @returns {Block[]} */
export const guideBlocks = () =>
  readdirSync(join(ROOT, GUIDE), { recursive: true, encoding: 'utf8' })
    .filter((page) => page.endsWith('.md'))
    .map((page) => page.split(sep).join('/'))
    .flatMap((page) => blocksOf(page, readFileSync(join(ROOT, GUIDE, page), 'utf8')));

/** The commands of a shell block: comments left out, continued lines joined, `a && b` as two. @param {string} code @returns {string[]} */
export const commandsOf = (code) =>
  code
    .replace(/\s*\\\n\s*/g, ' ')
    .split('\n')
    .flatMap((line) => line.split(' && '))
    .map((line) => line.replace(/(?:^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');

/** Words of a command as a shell splits them; double and single quotes only. @param {string} command @returns {string[]} */
export const wordsOf = (command) =>
  [...command.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"']+)+/g)].map(([word]) =>
    word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single),
  );
