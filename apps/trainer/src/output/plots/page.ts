// The HTML of data stats: one file without scripts, fonts or anything else from elsewhere; light or dark as the reader's system is.
import { say } from '@difsr/errors';
import type { Finding } from '@difsr/data';
import type { Chart } from './charts.js';
import { escapeXml } from './escape.js';
import { renderChart } from './render.js';
import { typed } from '../../typed.js';

/** What goes on the page. */
export interface StatisticsPage {
  readonly title: string;
  readonly findings: readonly Finding[];
  /** Tables as rows of cells; the first row is a heading where `headed`. */
  readonly tables: readonly {
    readonly title: string;
    readonly headed: boolean;
    readonly rows: readonly (readonly string[])[];
  }[];
  readonly charts: readonly Chart[];
  /** What loading or preparing did. */
  readonly report: readonly string[];
}

const STYLE = `
:root { color-scheme: light dark; --ground: #ffffff; --ink: #1b1f24; --soft: #f2f4f6; --warn: #b25000; }
@media (prefers-color-scheme: dark) { :root { --ground: #15181c; --ink: #e4e7eb; --soft: #22272e; --warn: #ffb14d; } }
body { margin: 2rem auto; max-width: 84rem; padding: 0 1.5rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); }
table { border-collapse: collapse; margin: .5rem 0 1rem; } th, td { text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top; }
.wide { overflow-x: auto; } main > .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(30rem, 100%), 1fr)); gap: 1.5rem; }
figure { margin: 0; padding: 1rem; background: var(--soft); border-radius: .5rem; } figure svg { width: 100%; height: auto; }
.finding { border-left: .3rem solid; padding-left: .8rem; margin: .8rem 0; } .warning { border-color: var(--warn); } .warning b { color: var(--warn); }
h3 { margin: 0; } details { margin-top: .5rem; }
`;

/** The page as HTML. */
export function renderPage({ title, findings, tables, charts, report }: StatisticsPage): string {
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
${findings.length === 0 ? '<p>Nothing stands out.</p>' : section('Worth a thought', findings.map(findingHtml).join('\n'))}
${tables.map((table) => section(table.title, tableHtml(table.rows, table.headed))).join('\n')}
<h2>Charts</h2>
<div class="charts">
${charts.map(figureHtml).join('\n')}
</div>
${report.length === 0 ? '' : section('What loading did', `<ul>${report.map((line) => `<li>${escapeXml(line)}</li>`).join('\n')}</ul>`)}
</main>
</body>
</html>
`;
}

function section(title: string, content: string): string {
  return `<section><h2>${escapeXml(title)}</h2>\n${content}\n</section>`;
}

function findingHtml({ level, what, cure }: Finding): string {
  return `<p class="finding ${level}"><b>${level === 'warning' ? 'Warning' : 'Note'}:</b> ${escapeXml(what)}.<br>${escapeXml(sentence(say(cure, typed)))}.</p>`;
}

function sentence(text: string): string {
  return text.replace(/^[a-z](?=[a-z]* )/, (first) => first.toUpperCase());
}

function tableHtml(rows: readonly (readonly string[])[], headed: boolean): string {
  const cells = (row: readonly string[], heading: (column: number) => string | undefined): string =>
    `<tr>${row
      .map((cell, column) => {
        const scope = heading(column);
        const text = escapeXml(cell);
        return scope === undefined ? `<td>${text}</td>` : `<th scope="${scope}">${text}</th>`;
      })
      .join('')}</tr>`;
  const body = headed ? rows.slice(1) : rows;
  const head = headed && rows[0] !== undefined ? `<thead>${cells(rows[0], () => 'col')}</thead>` : '';
  const inBody = body.map((row) => cells(row, (column) => (column === 0 ? 'row' : undefined))).join('\n');
  return `<div class="wide"><table>${head}<tbody>${inBody}</tbody></table></div>`;
}

/** The drawing, and its numbers for those who want or need them. */
function figureHtml(chart: Chart): string {
  const numbers = [
    [chart.x, ...chart.series.map(({ name }) => name)],
    ...chart.categories.map((category, at) => [
      category,
      ...chart.series.map(({ values }) => String(values[at] ?? '')),
    ]),
  ];
  return `<figure>
<h3>${escapeXml(chart.title)}</h3>
${renderChart(chart, 'page')}
<figcaption>${escapeXml(chart.summary)}</figcaption>
<details><summary>Numbers</summary>${tableHtml(numbers, true)}</details>
</figure>`;
}
