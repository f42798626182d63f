// How the site reads our Markdown, which is also read as it is, in an editor or on a code host: links that leave docs/, and
// pictures that follow the theme.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { ROOT } from '../bootstrap.mjs';
import { entryPoints } from './entry-points.mjs';
import { REPOSITORY } from './places.mjs';

const DOCS = join(ROOT, 'docs');
const PICTURES = join(DOCS, 'pictures');

/** Files outside docs/ that are pages of the site: a package's README stands above its API. */
const pages = new Map(
  entryPoints()
    .filter(({ main }) => main)
    .flatMap(({ name, folder }) =>
      [folder, `${folder}/README.md`].map(
        (path) => /** @type {const} */ ([join(ROOT, path), join(DOCS, 'api', `${name}.md`)]),
      ),
    ),
);

/** The document that is being rendered. @param {{ path?: string }} env what vitepress hands to markdown-it */
const documentOf = (env) => env.path ?? join(DOCS, 'index.md');

/**
 * A link to a file of the repository outside docs/ leads to the page that shows it, or else to the file in the repository.
 *
 * @param {import('vitepress').MarkdownRenderer} md
 * @throws {Error} while rendering, for a link to a file that does not exist
 */
export function repositoryLinks(md) {
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    const file = documentOf(env);
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      if (token.type !== 'link_open') continue;
      const href = token.attrGet('href') ?? '';
      const [path = '', anchor] = href.split('#');
      if (path === '' || /^(?:[a-z]+:|\/)/.test(path)) continue;
      const target = resolve(dirname(file), decodeURI(path));
      if (target === DOCS || target.startsWith(DOCS + sep)) continue;
      if (!existsSync(target)) throw new Error(`${relative(ROOT, file)} links to ${href}, but there is no ${target}`);
      const page = pages.get(target);
      const link = page === undefined ? inRepository(target) : posixPath(relative(dirname(file), page));
      token.attrSet('href', anchor === undefined ? link : `${link}#${anchor}`);
    }
  });
}

const posixPath = (/** @type {string} */ path) => path.split(sep).join('/');

/** The address of a file or folder. @param {string} target */
function inRepository(target) {
  return `${REPOSITORY}/${statSync(target).isDirectory() ? 'tree' : 'blob'}/main/${posixPath(relative(ROOT, target))}`;
}

/**
 * Every word of a command in an element of its own, so that the style can keep it together where the line is broken.
 *
 * @type {NonNullable<import('vitepress').MarkdownOptions['codeTransformers']>[number]}
 */
export const wordsOfCommands = {
  name: 'words of commands',
  line(line) {
    if (!['sh', 'bash'].includes(this.options.lang)) return;
    line.children = line.children.flatMap((token) => {
      const [text] = token.type === 'element' ? token.children : [];
      if (token.type !== 'element' || text?.type !== 'text') return [token];
      return text.value
        .split(/(\s+)/)
        .filter((part) => part !== '')
        .map((value) =>
          value.trim() === '' ? { type: 'text', value } : { ...token, children: [{ type: 'text', value }] },
        );
    });
  },
};

/**
 * Our own pictures become part of the page, so that their colours follow the theme and not the system's setting.
 * Their own style sheet, which serves them as files, is left out: theme/pictures.css has the same names.
 *
 * @param {import('vitepress').MarkdownRenderer} md
 */
export function inlinePictures(md) {
  const asFile = md.renderer.rules.image;
  md.renderer.rules.image = (tokens, index, options, env, self) => {
    const source = tokens[index]?.attrGet('src') ?? '';
    const path = /^[a-z]+:/.test(source) ? '' : resolve(dirname(documentOf(env)), source);
    if (dirname(path) !== PICTURES || !path.endsWith('.svg')) {
      return asFile === undefined
        ? self.renderToken(tokens, index, options)
        : asFile(tokens, index, options, env, self);
    }
    return readFileSync(path, 'utf8')
      .replace(/<style>.*?<\/style>/s, '')
      .replace('<svg ', '<svg v-pre ')
      .replace(/\n\s*/g, '');
  };
}
