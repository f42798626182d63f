// Text that was scraped from pages: character references become characters; what is markup is no value.
import { decodeHTML } from 'entities';

const MARKUP = /<\/?[a-z!][^>]*>?|^\s*\.[\w-]+\s*\{/i;

/**
 * The text of a cell without character references, or `undefined` where it is markup or a style sheet.
 *
 * @example
 * decodeHtml('Cooking, Food &amp; Wine'); // 'Cooking, Food & Wine'
 * decodeHtml('<span class="a-size-medium">'); // undefined
 */
export function decodeHtml(cell: string): string | undefined {
  if (MARKUP.test(cell)) return undefined;
  const text = decodeHTML(cell).trim();
  return text === '' ? undefined : text;
}
