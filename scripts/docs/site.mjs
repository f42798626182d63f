// vitepress's configuration: the site is the folder docs/, with docs/api written by api.mjs before it is built.
import { existsSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { defineConfig } from 'vitepress';
import { ROOT } from '../bootstrap.mjs';
import { entryPoints } from './entry-points.mjs';
import { inlinePictures, repositoryLinks } from './markdown.mjs';

const DOCS = join(ROOT, 'docs');

/** Pages in the order in which they are listed: title and path below docs/, without its ending. */
const GUIDE = [
  ['Getting started', 'guide/getting-started'],
  ['Drop-in: SASRec and BERT4Rec', 'guide/drop-in'],
  ['Drop-in: ONNX models', 'guide/drop-in-onnx'],
  ['Choosing a backend and device', 'guide/backends'],
  ['How DIF attention works', 'guide/how-it-works'],
];
const REFERENCE = [
  ['Training configuration', 'configuration'],
  ['Attention configuration', 'guide/attention-config'],
  ['Op coverage', 'coverage'],
  ['Performance', 'performance'],
];
const PROJECT = [
  ['Architecture', 'architecture'],
  ['Glossary', 'glossary'],
  ['Decisions', 'decisions/index'],
];

/** @param {readonly (readonly string[])[]} pages */
const items = (pages) =>
  pages
    .filter(([, path]) => existsSync(join(DOCS, `${path}.md`)))
    .map(([text, path]) => ({ text: text ?? '', link: `/${path?.replace(/index$/, '')}` }));

/** Every page that no list above has, except the API's: a page that cannot be found is not written. */
export function unlistedPages() {
  const listed = new Set([...GUIDE, ...REFERENCE, ...PROJECT].map(([, path]) => `${path}.md`));
  return readdirSync(DOCS, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.md') && path !== 'index.md' && !/^(?:api|decisions|\.vitepress)\//.test(path))
    .filter((path) => !listed.has(path));
}

const api = entryPoints().map(({ name }) => ({ text: name, link: `/api/${name}` }));

export default defineConfig({
  title: 'difsr',
  description: 'DIF attention and sequential recommendation with side information, in JavaScript',
  lang: 'en',
  srcDir: '.',
  cleanUrls: false,
  // A link that leads nowhere fails the build.
  ignoreDeadLinks: false,
  metaChunk: true,
  markdown: {
    config: (md) => {
      repositoryLinks(md);
      inlinePictures(md);
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/guide/getting-started', activeMatch: '^/guide/' },
      { text: 'Configuration', link: '/configuration' },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
    ],
    sidebar: [
      { text: 'Guide', items: items(GUIDE) },
      { text: 'Reference', items: items(REFERENCE) },
      { text: 'API', collapsed: false, items: [{ text: 'All modules', link: '/api/' }, ...api] },
      { text: 'Project', items: items(PROJECT) },
    ],
    docFooter: { prev: false, next: false },
    footer: { message: 'Apache-2.0' },
  },
});
