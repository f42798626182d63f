// The list of decisions: number, title and address of each, read when the site is built.
import { createContentLoader } from 'vitepress';

export default createContentLoader('decisions/[0-9]*.md', {
  includeSrc: true,
  transform: (pages) =>
    pages
      .map(({ url, src }) => ({ url, title: (/^# (.+)$/m.exec(src ?? '')?.[1] ?? url).replaceAll('`', '') }))
      .sort((a, b) => (a.url < b.url ? -1 : 1)),
});
