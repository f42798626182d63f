// A report as blocks, and its two forms: Markdown, and one HTML file without scripts, fonts or anything else from elsewhere.
import { escapeXml } from './escape.js';
import { page, tableHtml } from './page.js';

/** A part of a report; texts are plain, the forms escape what they must. */
export type Block =
  | { readonly kind: 'heading'; readonly level: 2 | 3; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  /** The first row is a heading; all columns but the first are numbers unless said otherwise. */
  | { readonly kind: 'table'; readonly rows: readonly (readonly string[])[] }
  /** Of HTML alone: a drawing, with what it says for those who do not see it. */
  | ({ readonly kind: 'figure' } & Figure)
  /** Of HTML alone: drawings side by side. */
  | { readonly kind: 'figures'; readonly figures: readonly Figure[] };

/** A drawing, and what it says for those who do not see it. */
export interface Figure {
  readonly title: string;
  readonly svg: string;
  readonly caption: string;
}

/** A report. */
export interface Document {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** As Markdown; figures are in the HTML. */
export function toMarkdown({ title, blocks }: Document): string {
  const parts = blocks.flatMap((block): string[] => {
    switch (block.kind) {
      case 'heading':
        return [`${'#'.repeat(block.level)} ${inMarkdown(block.text)}`];
      case 'paragraph':
        return [inMarkdown(block.text)];
      case 'list':
        return [block.items.map((item) => `- ${inMarkdown(item)}`).join('\n')];
      case 'table':
        return [markdownTable(block.rows)];
      case 'figure':
      case 'figures':
        return [];
    }
  });
  return `${[`# ${inMarkdown(title)}`, ...parts].join('\n\n')}\n`;
}

function markdownTable([header = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(inMarkdown).join(' | ')} |`;
  const rule = `|${header.map((_, column) => (column === 0 ? '---' : '---:')).join('|')}|`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}

/** Names from data and files may hold anything: what Markdown or HTML would read is escaped. */
function inMarkdown(text: string): string {
  return text
    .replaceAll(/[\\`*_[\]<|]/g, '\\$&')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/^(?=[>#+-] )/, '\\');
}

/** As one HTML file. */
export function toHtml({ title, blocks }: Document): string {
  return page(title, blocks.map(blockHtml).join('\n'));
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `<h${block.level}>${escapeXml(block.text)}</h${block.level}>`;
    case 'paragraph':
      return `<p>${escapeXml(block.text)}</p>`;
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${escapeXml(item)}</li>`).join('\n')}</ul>`;
    case 'table':
      return tableHtml(block.rows, true);
    case 'figure':
      return figureHtml(block);
    case 'figures':
      return `<div class="charts">\n${block.figures.map(figureHtml).join('\n')}\n</div>`;
  }
}

function figureHtml({ title, svg, caption }: Figure): string {
  const said = caption === '' ? '' : `\n<figcaption>${escapeXml(caption)}</figcaption>`;
  return `<figure><h3>${escapeXml(title)}</h3>\n${svg}${said}</figure>`;
}
