// difsr data stats: what a data set holds, before anything is trained on it.
import { datasetStatistics, type DatasetStatistics } from '@difsr/data';
import type { Command } from 'commander';
import { resolveConfig } from '../config.js';
import { loadData, reportLines } from '../data.js';
import { exitCodes, type ExitCode } from '../errors.js';
import { assignments, collect, jsonOption, type SharedOptions } from '../options.js';
import { table, whole } from '../output/table.js';
import { processTerminal } from '../output/terminal.js';

/** Declares the command; `done` receives its exit code. */
export function addDataStats(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('data')
    .description('look at data sets')
    .command('stats')
    .description('count users, items, interactions, lengths and attributes')
    .argument('<path>', 'data set: folder, file or DIR/NAME, or "generated"')
    .option('--format <form>', 's3rec, recbole or generated (default: inferred from the path)')
    .option('--set <key=value>', 'an option of the configuration, e.g. data.userMin=5 (repeatable)', collect);
  jsonOption(command, 'the statistics as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ npx difsr data stats data/Beauty
  $ npx difsr data stats data/clicks --set data.userMin=5 --set data.itemMin=5 --json`,
    )
    .action(async (path: string, options: SharedOptions) => done(await statsCommand(path, options)));
}

async function statsCommand(path: string, options: SharedOptions): Promise<ExitCode> {
  const terminal = processTerminal({ json: options.json === true });
  const config = await resolveConfig({ flags: assignments({ ...options, data: path }), set: options.set ?? [] });
  const dataset = await loadData(config.data);
  const statistics = datasetStatistics(dataset);
  terminal.value({ ...statistics, report: dataset.report });
  for (const line of statisticsLines(statistics)) terminal.line(line);
  for (const line of reportLines(dataset.report)) terminal.line(terminal.style('dim', line));
  return exitCodes.ok;
}

function statisticsLines(statistics: DatasetStatistics): string[] {
  const { name, format, users, items, interactions, density, lengths, itemInteractions, fields } = statistics;
  const spread = ({ min, mean, median, max }: DatasetStatistics['lengths']): string =>
    `${min} to ${whole(max)}, mean ${mean.toFixed(1)}, median ${median}`;
  return [
    ...table(
      [
        ['data set', `${name} (${format})`],
        ['users', whole(users)],
        ['items', whole(items)],
        ['interactions', whole(interactions)],
        ['density', `${(density * 100).toPrecision(3)} %`],
        ['per user', spread(lengths)],
        ['per item', spread(itemInteractions)],
      ],
      ['left', 'left'],
    ),
    ...(fields.length === 0 ? ['no side information'] : ['']),
    ...table(
      fields.length === 0
        ? []
        : [
            ['field', 'kind', 'values', 'items with one', 'per item', 'most frequent'],
            ...fields.map((field) => [
              field.name,
              field.kind,
              whole(field.values),
              `${(field.coverage * 100).toFixed(1)} %`,
              `${field.perItem.min} to ${field.perItem.max}, mean ${field.perItem.mean.toFixed(1)}`,
              field.mostFrequent === null ? '-' : `${field.mostFrequent.value} (${whole(field.mostFrequent.items)})`,
            ]),
          ],
      ['left', 'left', 'right', 'right', 'left', 'left'],
    ),
  ];
}
