// Every link within the built site leads to a page, and every anchor to a place on it: in the guide as in the API pages,
// whose headings typedoc writes and vitepress names.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';

/** A site with links that lead nowhere; the message names pages and links. */
class LinkError extends Error {
  /** @param {readonly string[]} dead */
  constructor(dead) {
    super(`${dead.length} dead ${dead.length === 1 ? 'link' : 'links'}:\n${dead.join('\n')}`);
    this.name = 'LinkError';
  }
}

const decoded = (/** @type {string} */ text) => {
  const plain = text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'");
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
};
/** Values of an attribute. @param {string} html @param {RegExp} pattern */
const values = (html, pattern) => Array.from(html.matchAll(pattern), ([, value = '']) => decoded(value));

/**
 * The links of a built site that lead nowhere, as `page: link`.
 *
 * @param {string} folder of the site
 * @returns {string[]} sorted
 */
export function deadLinks(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => path.split(sep).join('/'));
  const pages = new Map(
    files
      .filter((path) => path.endsWith('.html'))
      .map((path) => {
        const html = readFileSync(join(folder, path), 'utf8');
        const ids = new Set(values(html, /<[^>]*?\s(?:id|name)="([^"]*)"/g));
        return [path, { ids, links: values(html, /<a\s[^>]*?href="([^"]*)"/g) }];
      }),
  );
  /** @param {string} page @param {string} link */
  const leadsSomewhere = (page, link) => {
    const [address = '', anchor] = link.split('#');
    const path = address.startsWith('/') ? address.slice(1) : posix.join(posix.dirname(page), address);
    const target =
      address === ''
        ? page
        : path === '' || path === '.' || address.endsWith('/')
          ? posix.join(path, 'index.html')
          : path;
    const found = pages.get(target);
    if (found === undefined) return existsSync(join(folder, target));
    return anchor === undefined || anchor === '' || found.ids.has(anchor);
  };
  return [...pages]
    .flatMap(([page, { links }]) =>
      [...new Set(links)]
        .filter((link) => !/^(?:[a-z][a-z+.-]*:|\/\/)/i.test(link) && !leadsSomewhere(page, link))
        .map((link) => `${page}: ${link}`),
    )
    .toSorted();
}

/**
 * Checks all links of a built site.
 *
 * @param {string} folder
 * @throws {LinkError} where one leads nowhere
 */
export function checkLinks(folder) {
  const dead = deadLinks(folder);
  if (dead.length > 0) throw new LinkError(dead);
}
