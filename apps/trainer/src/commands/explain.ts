// difsr explain: what decided a recommendation.
import { openRecommender } from '@difsr/library';
import { ownModelOf } from '@difsr/library/parts';
import type { Explanation } from '@difsr/models';
import { openRun } from '@difsr/training';
import type { Command } from 'commander';
import { exitCodes, type ExitCode } from '../errors.js';
import { historyOf, userOf } from '../history.js';
import { backendOptions, jsonOption, ownModel, type SharedOptions } from '../options.js';
import { table } from '../output/table.js';
import { processTerminal, type Terminal } from '../output/terminal.js';

interface ExplainCommandOptions extends SharedOptions {
  readonly history: string;
  readonly item?: string;
  readonly user?: string;
}

/** Declares the command; `done` receives its exit code. */
export function addExplain(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('explain')
    .description('say what decided a recommendation')
    .argument('<run>', 'run folder')
    .requiredOption(
      '--history <ids>',
      'item ids, oldest first, separated by spaces or commas, or a JSON list of ids or events',
    )
    .option('--item <id>', 'the item to explain (default: the best one)')
    .option(
      '--user <id or json>',
      'who the user is, or what is known of them as a JSON object: of a model that reads it (default: nobody that the run knows)',
    );
  backendOptions(command);
  ownModel(command);
  jsonOption(command, 'the explanation as JSON')
    .addHelpText(
      'after',
      `
Each number is the item's score less the score that it has without one event of the history, or where nothing is known of one field:
above 0 for what spoke for the item, below 0 for what spoke against it. They need not add up to the score.

Examples:
  $ npx difsr explain runs/clicks --history "B004 B017 B233"
  $ npx difsr explain runs/clicks --history "B004 B017 B233" --item B301 --json`,
    )
    .action(async (run: string, options: ExplainCommandOptions) => done(await explainCommand(run, options)));
}

async function explainCommand(
  folder: string,
  { json = false, item, ...options }: ExplainCommandOptions,
): Promise<ExitCode> {
  const terminal = processTerminal({ json });
  const run = await openRun(folder, await ownModelOf(options.model));
  const events = historyOf(options.history, new Set(run.items.tokens));
  const user = options.user === undefined ? {} : { user: userOf(options.user) };
  const { backend, device, threads, precision } = options;
  const recommender = await openRecommender(run, { backend, device, threads, precision });
  try {
    const explanation = await recommender.explain(events, { ...(item === undefined ? {} : { item }), ...user });
    if (explanation.unknown.length > 0)
      terminal.warn(`not among the run's items and ignored: ${explanation.unknown.join(', ')}`);
    if (explanation.unseen > 0)
      terminal.warn(
        `${explanation.unseen} older event${explanation.unseen === 1 ? ' is' : 's are'} not seen by the model, which looks at the last ${explanation.events.length}`,
      );
    terminal.value({ run: folder, model: run.model.name, ...explanation });
    showExplanation(terminal, explanation);
    return exitCodes.ok;
  } finally {
    await recommender.dispose();
  }
}

const signed = (number: number | undefined): string =>
  number === undefined ? '-' : `${number < 0 ? '' : '+'}${number.toFixed(3)}`;

function showExplanation(terminal: Terminal, { item, events, fields }: Explanation): void {
  terminal.line(
    `${terminal.style('bold', [item.id, item.name].filter(Boolean).join('  '))}  score ${item.score.toFixed(3)}; less the score`,
  );
  terminal.line(terminal.style('bold', 'without one event of the history, oldest first'));
  for (const line of table(
    events.map(({ id, name = '', difference }) => ['', id, name, signed(difference)]),
    ['left', 'left', 'left', 'right'],
  ))
    terminal.line(line);
  if (fields.length === 0) return;
  terminal.line(terminal.style('bold', 'where nothing is known of'));
  for (const line of table(
    fields.map(({ field, owner, difference }) => [
      '',
      field,
      `of the ${owner}s`.replace('users', 'user'),
      signed(difference),
    ]),
    ['left', 'left', 'left', 'right'],
  ))
    terminal.line(line);
}
