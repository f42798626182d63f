// What the documents promise exists: every root script that they name, every file that they link to or mention.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../bootstrap.mjs';

/** pnpm's own commands that the documents use. */
const PNPM = new Set(['install', 'add', 'exec', 'pack', 'publish', 'dlx']);
/** Folders whose files are named in running text, as `docs/architecture.md`; only the root's documents do that. */
const MENTIONED = /^(?:packages|apps|docs|examples|fixtures|scripts|\.ci|\.changeset)\/[\w./-]+\.\w+$/;

const SKIPPED = new Set(['node_modules', 'dist', 'src', 'runs', 'reference', 'CHANGELOG.md', 'api']); // docs/api is generated

/** Markdown files below a folder, without git: a clone may be an unpacked archive. @param {string} folder @returns {string[]} */
const markdown = (folder) =>
  readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (SKIPPED.has(entry.name) || (entry.name.startsWith('.') && entry.name !== '.changeset')) return [];
    return entry.isDirectory() ? markdown(path) : path.endsWith('.md') ? [path] : [];
  });
const documents = markdown('.');
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** The code of a document: fenced blocks and spans. @param {string} text */
const code = (text) =>
  [...text.matchAll(/```[a-z]*\n(.*?)```|`([^`\n]+)`/gs)].map(([, block, span]) => block ?? span ?? '');

describe('documents', () => {
  it('are found', () => {
    expect(documents).toContain('CONTRIBUTING.md');
  });

  it.each(documents)('%s names only root scripts that exist', (path) => {
    const named = code(readFileSync(join(ROOT, path), 'utf8')).flatMap((text) => [
      ...[...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => name ?? ''),
      ...[...text.matchAll(/(?:^|\s)pnpm (?:run )?([a-z][\w:-]*)/gm)].map(([, name]) => name ?? ''),
    ]);
    expect(named.filter((name) => scripts[name] === undefined && !PNPM.has(name))).toEqual([]);
  });

  it.each(documents)('%s links only to files that exist', (path) => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)\s#]+)/g)].map(([, target]) =>
      join(dirname(path), target ?? ''),
    );
    const mentioned = path.startsWith('packages/') ? [] : code(text).filter((span) => MENTIONED.test(span));
    expect([...links, ...mentioned].filter((target) => !existsSync(join(ROOT, target)))).toEqual([]);
  });
});
