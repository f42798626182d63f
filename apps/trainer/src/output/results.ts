// What a command shows when a run has ended: metrics beside those of the popular items, what they are means of, and what can be done next.
import type { RankedSplits, Results, RunMetrics, Split, SplitCounts, TrainOutcome } from '@difsr/training';
import { commandLine, inOwnName } from '../command-line.js';
import { type Align, bytes, metric, metricsTable, metricTitle, seconds, table, whole } from './table.js';
import type { Terminal } from './terminal.js';

/** Results and the protocol that they belong to. */
export type Shown = Results & Pick<RunMetrics, 'protocol'>;

const TITLES: { readonly [S in Split]: string } = { valid: 'validation', test: 'test' };

/** Shows how a training ended. */
export function showOutcome(terminal: Terminal, outcome: TrainOutcome): void {
  const { reason, run, metrics } = outcome;
  if (metrics === undefined) {
    terminal.value({ kind: 'result', reason, run });
    terminal.line(`${reason}; saved in ${run}\nresume: ${commandLine('resume', run)}`);
    return;
  }
  const warning = unlearned(metrics, 'valid');
  terminal.value({ kind: 'result', reason, run, metrics, ...(warning === undefined ? {} : { warning }) });
  terminal.line();
  showResults(terminal, metrics);
  const early = reason === 'early-stopping' ? ' (stopped early: no epoch after it was better)' : '';
  terminal.line();
  const how =
    metrics.counted === true
      ? `counted in ${seconds(metrics.secondsPerEpoch)}`
      : `best epoch ${metrics.best.epoch}${early}; ${seconds(metrics.secondsPerEpoch)} an epoch`;
  terminal.line(
    `${how}; ${metrics.test === undefined ? 'validation' : 'test'} ranking ${seconds(metrics.evaluationSeconds)}; peak memory ${bytes(metrics.peakMemoryBytes)}`,
  );
  terminal.line(`run: ${run}`);
  if (metrics.test === undefined)
    terminal.line(`test: not looked at; ${commandLine('evaluate', run)} ranks the test targets`);
  terminal.line(`next: ${commandLine('recommend', run, '--history', 'ID ID ID')}`);
  if (warning !== undefined) showWarning(terminal, warning);
}

/** The table of metrics of both splits. */
export function showResults(terminal: Terminal, results: Shown): void {
  const columns = (['valid', 'test'] as const).flatMap((split) => {
    const counts = results.counts[split];
    return counts === undefined
      ? []
      : [...rows(results, split, TITLES[split], counts), ...rows(results.popular, split, '  popular items', counts)];
  });
  for (const line of metricsTable(columns)) terminal.line(line);
  for (const line of protocolLines(results)) terminal.line(terminal.style('dim', line));
}

/** The rows of a ranking of one split: one where every user has one target, else one for each mean. */
function rows(
  ranked: RankedSplits,
  split: Split,
  title: string,
  counts: SplitCounts,
): { readonly title: string; readonly metrics: Readonly<Record<string, number>> }[] {
  const { [split]: byTarget = {}, byUser } = ranked;
  if (oneEach(counts)) return [{ title, metrics: byTarget }];
  return [
    { title: `${title}, by target`, metrics: byTarget },
    { title: `${title}, by user`, metrics: byUser[split] ?? {} },
  ];
}

function oneEach({ targets, users }: SplitCounts): boolean {
  return targets === users;
}

/** What the lists of recommendations are like, a row per cutoff, and what users took themselves below. */
export function showLists(terminal: Terminal, lists: Readonly<Record<string, number>>): void {
  const names = Object.keys(lists).filter((name) => name.includes('@'));
  const kinds = [...new Set(names.map((name) => name.split('@')[0] ?? ''))];
  const cutoffs = [...new Set(names.map((name) => name.split('@')[1] ?? ''))];
  const rows = cutoffs.map((k) => [`the first ${k}`, ...kinds.map((kind) => short(lists[`${kind}@${k}`]))]);
  const header = ['lists of test', ...kinds];
  const align = header.map((_, column): Align => (column === 0 ? 'left' : 'right'));
  for (const line of table([header, ...rows], align)) terminal.line(line);
  const { 'popularity.targets': targets, 'popularity.histories': histories } = lists;
  terminal.line(
    terminal.style(
      'dim',
      `coverage: share of all items in anybody's list; gini: 0 where all are shown equally often; novelty: bits; popularity: mean training interactions, of the targets ${short(targets)}, of the histories ${short(histories)}; diversity: 1 - Jaccard of the values, mean over pairs`,
    ),
  );
}

function short(value: number | undefined): string {
  return value === undefined ? '-' : value.toPrecision(4);
}

/** The protocol and the unit, which belong beside every result. */
export function protocolLines(
  { protocol, counts }: Pick<Shown, 'protocol' | 'counts'>,
  splits: readonly Split[] = ['valid', 'test'],
): string[] {
  const { maskSeen, split = 'leave-one-out' } = protocol;
  const ranked = splits.flatMap((each): (readonly [Split, SplitCounts])[] => {
    const own = counts[each];
    return own === undefined ? [] : [[each, own]];
  });
  const several = ranked.filter(([, own]) => !oneEach(own));
  const of = ([each, { targets, users }]: readonly [Split, SplitCounts]): string => {
    return `${TITLES[each]} ${several.length === 0 ? `${whole(users)} users` : `${whole(targets)} targets of ${whole(users)} users`}`;
  };
  return [
    `full ranking of all items, seen items ${maskSeen ? 'left out (not the protocol of the paper)' : 'not masked'}; ${split}`,
    `${several.length === 0 ? 'means over users, each with one target' : "by target: means over targets; by user: means over users of the mean over each one's targets"}: ${ranked.map(of).join(', ')}`,
    ...(maskSeen
      ? [
          `${ranked.map(([each, own]) => hiddenShare(each, own)).join(' and ')} had been seen before: left out like all seen items, they count as misses`,
        ]
      : []),
  ];
}

function hiddenShare(split: Split, { hidden, targets }: SplitCounts): string {
  return `${((100 * hidden) / targets).toFixed(1)} % of the ${TITLES[split]} targets`;
}

/**
 * What to say of a model that does not beat the popular items on a split; undefined of one that does.
 *
 * @param name Of the model, where several are shown.
 */
export function unlearned(
  results: Results & Pick<RunMetrics, 'counted'>,
  split: Split,
  name = 'the model',
): string | undefined {
  const { beatsPopular, popular, counted = false } = results;
  if (beatsPopular[split] !== false) return undefined;
  const { by } = beatsPopular;
  const [own, most] = [results[split]?.[by], popular[split]?.[by]];
  if (counted && own === most) return undefined; // it is the popular items
  const less = `${name} does not beat the popular items, the same list for everybody: ${TITLES[split]} ${metricTitle(by)} ${metric(own)} against ${metric(most)}`;
  if (counted) return less;
  return `${less}. It has not learned what users want next. Try more epochs (--epochs), another learning rate (--set training.learningRate=0.001), less dropout (--set model.hiddenDropout=0.2), fewer targets per step (--set training.targetsPerStep=256); or look for what is wrong with the data: difsr data stats PATH`;
}

/** Shows a warning where the results are, below them. */
export function showWarning(terminal: Terminal, text: string): void {
  terminal.line(`${terminal.style('yellow', 'warning:')} ${inOwnName(text)}`);
}
