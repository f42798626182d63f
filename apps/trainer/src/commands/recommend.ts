// difsr recommend: the best next items for a history, seen before or not.
import { didYouMean } from '@difsr/errors';
import { openRecommender } from '@difsr/library';
import { includesNew, ownModelOf, topOf } from '@difsr/library/parts';
import { USER_ID } from '@difsr/models';
import { openRun, type Recommendations, type Run } from '@difsr/training';
import type { Command } from 'commander';
import { exitCodes, type ExitCode } from '../errors.js';
import { historyOf, userOf } from '../history.js';
import { backendOptions, jsonOption, ownModel, positiveInteger, type SharedOptions } from '../options.js';
import { table, whole } from '../output/table.js';
import { processTerminal, type Terminal } from '../output/terminal.js';

interface RecommendCommandOptions extends SharedOptions {
  readonly history: string;
  readonly user?: string;
  readonly k?: number;
  readonly includeSeen?: boolean;
  readonly includeNew?: boolean;
}

/** Unknown ids that a warning names. */
const MOST_UNKNOWN = 10;

/** Declares the command; `done` receives its exit code. */
export function addRecommend(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('recommend')
    .description('recommend items for a history')
    .argument('<run>', 'run folder')
    .requiredOption(
      '--history <ids>',
      'item ids, oldest first, separated by spaces or commas, or a JSON list of ids or events; "" gives popular items',
    )
    .option(
      '--user <id or json>',
      'who the user is, or what is known of them as a JSON object: of a model that reads it (default: nobody that the run knows)',
    )
    .option('-k <n>', 'number of recommendations (default: 20, or all items where there are fewer)', positiveInteger)
    .option('--include-seen', 'items of the history may be recommended again')
    .option(
      '--include-new',
      'items without training interactions may be recommended: of a model with item fields, which knows them by their attributes',
    );
  backendOptions(command);
  ownModel(command);
  jsonOption(command, 'the recommendations as JSON')
    .addHelpText(
      'after',
      `
An event is {"item": ID} with values of the data's fields of interactions by their names, and "time" (seconds since 1970, or ISO 8601).
Ids and values outside the vocabulary are named and ignored. Scores are comparable within one history only.

Examples:
  $ npx difsr recommend runs/clicks --history "B004 B017 B233"
  $ npx difsr recommend runs/clicks --history B004,B017 -k 5 --include-seen --json
  $ npx difsr recommend runs/clicks --history "B004 B017" --user u17
  $ npx difsr recommend runs/clicks --history '["camp stove", "tent, 2 persons"]'
  $ npx difsr recommend runs/clicks --history '[{"item": "B004", "rating": 5, "time": "2026-05-01T12:00:00Z"}]'`,
    )
    .action(async (run: string, options: RecommendCommandOptions) => done(await recommendCommand(run, options)));
}

async function recommendCommand(
  folder: string,
  { json = false, includeSeen = false, includeNew = false, ...options }: RecommendCommandOptions,
): Promise<ExitCode> {
  const terminal = processTerminal({ json });
  const run = await openRun(folder, await ownModelOf(options.model));
  // What costs nothing is checked before a device is woken up.
  const k = topOf(options.k, run);
  includesNew(run, includeNew);
  const events = historyOf(options.history, new Set(run.items.tokens));
  const history = events.map((event) => (typeof event === 'string' ? event : event.item));
  const user = options.user === undefined ? {} : { user: userOf(options.user) };
  const { backend, device, threads, precision } = options;
  const recommender = await openRecommender(run, { backend, device, threads, precision });
  try {
    const found = await recommender.recommend(events, { k, includeSeen, includeNew, ...user });
    const unknown = new Set(found.unknown);
    const known = history.filter((id) => !unknown.has(id));
    warnUnknown(terminal, run, found, history.length);
    warnValues(terminal, found);
    warnFewer(terminal, found.items.length, k);
    terminal.value({ run: folder, model: run.model.name, history: known, ...found });
    showRecommendations(terminal, run, known, found);
    return exitCodes.ok;
  } finally {
    await recommender.dispose();
  }
}

function warnUnknown(terminal: Terminal, run: Run, { unknown, popular }: Recommendations, given: number): void {
  if (unknown.length > 0) {
    const [first = ''] = unknown;
    const hint = unknown.length > 1 ? undefined : didYouMean(first, run.items.tokens.slice(1));
    const named = `${unknown.slice(0, MOST_UNKNOWN).join(', ')}${unknown.length > MOST_UNKNOWN ? ', ..' : ''}`;
    terminal.warn(
      `${unknown.length === 1 ? 'an id is' : `${unknown.length} ids are`} not among the run's items and ignored: ${named}${hint === undefined ? '' : ` (${hint})`}`,
    );
  }
  if (popular)
    terminal.warn(
      `${given === 0 ? 'the history is empty' : 'the history has no known item'}: these are the most popular items, their scores are counts`,
    );
}

/** What became of the values of events, or of those that were not given. */
function warnValues(terminal: Terminal, { values }: Recommendations): void {
  if (values === undefined) return;
  const { unknown, tooMany, unused, missing } = values;
  const others = unknown.filter(({ field }) => field !== USER_ID);
  for (const { value } of unknown.filter(({ field }) => field === USER_ID))
    terminal.warn(`the run does not know the user ${value}: these are recommendations for nobody in particular`);
  const shown = others.slice(0, MOST_UNKNOWN).map(({ field, value }) => `${field} ${JSON.stringify(value)}`);
  if (others.length > 0)
    terminal.warn(
      `not among the values that the run knows, and counted as none: ${shown.join(', ')}${others.length > MOST_UNKNOWN ? ', ..' : ''}`,
    );
  if (tooMany.length > 0)
    terminal.warn(
      `more values than any interaction of the run has, and left out: ${tooMany.map(({ field, value }) => `${field} ${JSON.stringify(value)}`).join(', ')}`,
    );
  if (unused.length > 0)
    terminal.warn(`the model does not read ${unused.join(', ')}: what is said of it changes nothing`);
  if (missing.includes(USER_ID))
    terminal.warn('the model reads who the user is, and nobody is named: --user ID, one of the ids in the data');
  const [first] = missing.filter((name) => name !== USER_ID);
  if (first === undefined) return;
  const told = first === 'time' ? '"time": "2026-05-01T12:00:00Z"' : `"${first}": VALUE`;
  terminal.warn(
    `the model reads ${missing.filter((name) => name !== USER_ID).join(', ')}, of which nothing is said: tell it, as in --history '[{"item": "ID", ${told}}]' (of users: --user '{"FIELD": VALUE}')`,
  );
}

function warnFewer(terminal: Terminal, found: number, k: number): void {
  if (found < k)
    terminal.warn(
      `${found === 0 ? 'nothing is left to recommend' : `only ${whole(found)} items instead of ${whole(k)} are left to recommend`}: the others are in the history; --include-seen recommends them again`,
    );
}

/** Shows the history with its names, and the recommendations as a table. */
export function showRecommendations(
  terminal: Terminal,
  run: Run,
  history: readonly string[],
  { items, popular }: Recommendations,
): void {
  const names = new Map(run.items.tokens.map((token, id) => [token, run.items.names?.[id] ?? '']));
  if (history.length > 0) {
    terminal.line(terminal.style('bold', 'history, oldest first'));
    for (const line of table(
      history.map((id) => ['', id, names.get(id) ?? '']),
      ['left', 'left', 'left'],
    ))
      terminal.line(line);
  }
  terminal.line(terminal.style('bold', popular ? 'most popular items' : `recommended by ${run.model.name}`));
  const rows = items.map(({ id, name = '', score }, place) => [
    String(place + 1),
    id,
    name,
    popular ? whole(score) : score.toFixed(3),
  ]);
  for (const line of table(rows, ['right', 'left', 'left', 'right'])) terminal.line(line);
}
