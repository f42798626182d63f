// The frame of our HTML pages: one file without scripts, fonts or anything else from elsewhere; light or dark as the reader's system is.
import { escapeXml } from './escape.js';

// oxlint-disable-next-line difsr/no-command-line -- properties of CSS
const STYLE = `
:root { color-scheme: light dark; --ground: #ffffff; --ink: #1b1f24; --soft: #f2f4f6; --warn: #b25000; }
@media (prefers-color-scheme: dark) { :root { --ground: #15181c; --ink: #e4e7eb; --soft: #22272e; --warn: #ffb14d; } }
body { margin: 2rem auto; max-width: 84rem; padding: 0 1.5rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); }
table { border-collapse: collapse; margin: .5rem 0 1rem; } th, td { text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top; } td.numbers { white-space: nowrap; }
.wide { overflow-x: auto; } main > .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(30rem, 100%), 1fr)); gap: 1.5rem; }
figure { margin: 0; padding: 1rem; background: var(--soft); border-radius: .5rem; } figure svg { width: 100%; height: auto; }
.finding { border-left: .3rem solid; padding-left: .8rem; margin: .8rem 0; } .warning { border-color: var(--warn); } .warning b { color: var(--warn); }
h3 { margin: 0; } details { margin-top: .5rem; } main > h3 { margin-top: 1.2rem; } main > figure { max-width: 46rem; margin: 1rem 0; }
`;

/** A page with a title above its content, which is HTML. */
export function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeXml(title)}</h1>
${content}
</main>
</body>
</html>
`;
}

/** Cells that say one thing only while they stand in one line: `0.0421 ± 0.0007`, `< 0.001`. */
const NUMBERS = /^[\s\d.,+<>±%-]*\d[\s\d.,+<>±%-]*$/;

/** Rows of plain texts; with a heading the first row is one. */
export function tableHtml(rows: readonly (readonly string[])[], headed: boolean): string {
  const cells = (row: readonly string[], heading: (column: number) => string | undefined): string =>
    `<tr>${row
      .map((cell, column) => {
        const scope = heading(column);
        const text = escapeXml(cell);
        if (scope !== undefined) return `<th scope="${scope}">${text}</th>`;
        return NUMBERS.test(cell) ? `<td class="numbers">${text}</td>` : `<td>${text}</td>`;
      })
      .join('')}</tr>`;
  const body = headed ? rows.slice(1) : rows;
  const head = headed && rows[0] !== undefined ? `<thead>${cells(rows[0], () => 'col')}</thead>` : '';
  const inBody = body.map((row) => cells(row, (column) => (column === 0 ? 'row' : undefined))).join('\n');
  return `<div class="wide"><table>${head}<tbody>${inBody}</tbody></table></div>`;
}
