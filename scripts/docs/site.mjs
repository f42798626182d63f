// vitepress's configuration: the site is the folder docs/, with docs/api written by api.mjs before it is built.
import { defineConfig } from 'vitepress';
import { entryPoints } from './entry-points.mjs';
import { inlinePictures, repositoryLinks, wordsOfCommands } from './markdown.mjs';
import { isWritten, PAGES } from './pages.mjs';
import { PAPER, REPOSITORY } from './places.mjs';

/** @param {readonly (readonly [title: string, path: string])[]} pages */
const items = (pages) =>
  pages.filter(([, path]) => isWritten(path)).map(([text, path]) => ({ text, link: `/${path.replace(/index$/, '')}` }));

const api = entryPoints().map(({ name }) => ({ text: name, link: `/api/${name}` }));

export default defineConfig({
  title: 'difsr',
  description: 'DIF attention and sequential recommendation with side information, in JavaScript',
  lang: 'en',
  srcDir: '.',
  cleanUrls: false,
  head: [
    // Two bars, one short: scores of two sources. In the page itself, so that browsers ask for no file.
    [
      'link',
      {
        rel: 'icon',
        href: `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect x="2" y="2" width="5" height="12" fill="#2f6fdb"/><rect x="9" y="6" width="5" height="8" fill="#c2611f"/></svg>')}`,
      },
    ],
  ],
  // A link that leads nowhere fails the build.
  ignoreDeadLinks: false,
  metaChunk: true,
  markdown: {
    codeTransformers: [wordsOfCommands],
    config: (md) => {
      repositoryLinks(md);
      inlinePictures(md);
    },
  },
  themeConfig: {
    search: {
      provider: 'local',
      options: {
        // A guide before the many exports that have the word in their names.
        miniSearch: { searchOptions: { boostDocument: (id) => (String(id).includes('/api/') ? 0.4 : 1) } },
      },
    },
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/guide/getting-started', activeMatch: '^/guide/' },
      { text: 'Configuration', link: '/configuration' },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
      { text: 'Paper', link: PAPER },
    ],
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
    sidebar: [
      { text: 'Guide', items: items(PAGES.guide) },
      { text: 'Your data', items: items(PAGES.data) },
      { text: 'Reference', items: items(PAGES.reference) },
      { text: 'API', collapsed: false, items: [{ text: 'All modules', link: '/api/' }, ...api] },
      {
        text: 'Project',
        items: [...items(PAGES.project), { text: 'Repository', link: REPOSITORY }, { text: 'The paper', link: PAPER }],
      },
    ],
    docFooter: { prev: false, next: false },
    footer: {
      message: `Apache-2.0. <a href="${REPOSITORY}">Repository</a>. DIF-SR: <a href="${PAPER}">Xie, Zhou & Kim, SIGIR 2022</a>`,
    },
  },
});
