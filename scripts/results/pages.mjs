// Pages that may have generated tables: README files and everything under docs, except what others generate.
import { existsSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { ROOT } from '../bootstrap.mjs';

/** Paths from the root. @returns {string[]} */
export function pagesWithFigures() {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((path) => `docs/${path.split(sep).join('/')}`)
    .filter((path) => path.endsWith('.md') && !/^docs\/(?:api|decisions|\.vitepress)\//.test(path));
  const readmes = ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(ROOT, group)).map((name) => `${group}/${name}/README.md`),
  );
  return ['README.md', ...docs, ...readmes.filter((path) => existsSync(join(ROOT, path)))];
}
