// The HTML of data stats: one file without scripts, fonts or anything else from elsewhere; light or dark as the reader's system is.
import { say } from '@difsr/errors';
import type { Finding } from '@difsr/data';
import { escapeXml, page, tableHtml } from '@difsr/library/parts';
import type { Chart } from './charts.js';
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

/** The page as HTML. */
export function renderPage({ title, findings, tables, charts, report }: StatisticsPage): string {
  return page(
    title,
    `${findings.length === 0 ? '<p>Nothing stands out.</p>' : section('Worth a thought', findings.map(findingHtml).join('\n'))}
${tables.map((table) => section(table.title, tableHtml(table.rows, table.headed))).join('\n')}
<h2>Charts</h2>
<div class="charts">
${charts.map(figureHtml).join('\n')}
</div>
${report.length === 0 ? '' : section('What loading did', `<ul>${report.map((line) => `<li>${escapeXml(line)}</li>`).join('\n')}</ul>`)}
`,
  );
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
