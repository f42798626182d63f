// The tables and sentences of a report, from summaries and records.
import { DIFFERENCES, paperDataOf, PUBLISHED } from './published.js';
import { lineChart } from '../../page/line-chart.js';
import type { Block, Document } from '../../page/document.js';
import { dataLine, fixed, overSeeds, title, valuesText, WHOLE } from '../../jobs/words.js';
import { SEEDS_FOR_AN_ORDER, type Against, type GroupSummary, type SystemSummary } from './summary.js';
import type { DataFacts, RunTimes } from '../../jobs/types.js';
import type { RunRecord, Specification } from '../types.js';

/** What a report is written from. */
export interface ReportInput {
  readonly specification: Specification;
  readonly data: readonly DataFacts[];
  readonly groups: readonly GroupSummary[];
  /** Runs whose test targets were ranked. */
  readonly finals: readonly RunRecord[];
  /** Runs of the search; those that were chosen are among them. */
  readonly trials: readonly RunRecord[];
  /** Options that a model does not have. */
  readonly ignored: readonly string[];
  /** Runs that did not come to an end. */
  readonly failed: readonly { readonly id: string; readonly message: string }[];
}

/** Below it a corrected p-value is called significant. */
const LEVEL = 0.05;
const PROTOCOLS = {
  unmasked: 'unmasked: all items are ranked, those of the history among them (the protocol of the paper)',
  masked: 'masked: items of the history are left out; a target among them is a miss',
} as const;

/** The whole report. */
export function reportOf(input: ReportInput): Document {
  const { data, groups } = input;
  return {
    title: titleOf(input),
    blocks: [
      ...opening(input),
      ...data.flatMap((facts) => [
        { kind: 'heading', level: 2, text: facts.label } as const,
        { kind: 'paragraph', text: dataLine(facts) } as const,
        ...groups.filter((group) => group.data === facts.label).flatMap((group) => groupBlocks(group, facts)),
        ...costs(input, facts),
        ...curves(input, facts),
        ...searchBlocks(input, facts),
      ]),
      ...method(input),
    ],
  };
}

/** Names up to here stand in the title. */
const MOST_NAMES = 4;

function titleOf({ specification, data }: ReportInput): string {
  const names = specification.models.map(({ label }) => label);
  const systems = names.length > MOST_NAMES ? `${names.length} systems` : names.join(', ');
  return `Comparison of ${systems} on ${data.map(({ label }) => label).join(', ')}`;
}

function opening({ specification, failed, ignored, finals }: ReportInput): Block[] {
  const { seeds } = specification;
  const unconverged = finals.filter(({ converged }) => !converged);
  return [
    {
      kind: 'paragraph',
      text: `Seeds ${seeds.join(', ')}. ${
        seeds.length >= SEEDS_FOR_AN_ORDER
          ? 'Values are means over seeds with a 95 % t-interval.'
          : `No order of the systems is claimed: that takes ${SEEDS_FOR_AN_ORDER} seeds.`
      } The two protocols are of the same trained runs and stand in tables of their own: their figures cannot be compared.`,
    },
    ...(unconverged.length === 0
      ? []
      : [
          {
            kind: 'paragraph',
            text: `${unconverged.length} of ${finals.length} runs had not converged (their best epoch was among the last tenth, and they did not stop early): they are marked "*", and more epochs may change their place.`,
          } as const,
        ]),
    ...(failed.length === 0
      ? []
      : [
          {
            kind: 'paragraph',
            text: `${failed.length} ${failed.length === 1 ? 'run' : 'runs'} did not come to an end and ${failed.length === 1 ? 'is' : 'are'} missing:`,
          } as const,
          { kind: 'list', items: failed.map(({ id, message }) => `${id}: ${message}`) } as const,
        ]),
    ...(ignored.length === 0
      ? []
      : [
          { kind: 'paragraph', text: 'Options that some models do not have were left out for them:' } as const,
          { kind: 'list', items: ignored } as const,
        ]),
  ];
}

function groupBlocks(group: GroupSummary, facts: DataFacts): Block[] {
  const { systems, metric, best, baseline, popular, protocol, users } = group;
  const names = metricNames(systems);
  const held = baseline === undefined || baseline === best ? [] : [baseline];
  const heading = [
    'system',
    ...names.map(title),
    ...[best, ...held].flatMap((own) => [`${title(metric)} against ${own}`, `p against ${own}`]),
  ];
  const rows = systems.map((system) => [
    `${system.model}${system.converged ? '' : ' *'}`,
    // Counts are the same whatever the seed: an interval of nothing would say something else.
    ...names.map((name) => (system.counted ? fixed(system.metrics[name]?.mean) : overSeeds(system.metrics[name]))),
    ...againstCells(system.againstBest),
    ...held.flatMap(() => againstCells(system.againstBaseline)),
  ]);
  const empty = heading.slice(1 + names.length).map(() => '');
  const isPopular = ({ counted, metrics }: SystemSummary): boolean =>
    counted && names.every((name) => Math.abs((metrics[name]?.mean ?? 0) - (popular[name] ?? 0)) < 1e-12);
  const popularRows = systems.some(isPopular)
    ? []
    : [['popular items', ...names.map((name) => fixed(popular[name])), ...empty]];
  return [
    { kind: 'heading', level: 3, text: `${facts.label}, ${protocol}` },
    { kind: 'paragraph', text: `Test, ${PROTOCOLS[protocol]}.` },
    { kind: 'table', rows: [heading, ...rows, ...popularRows] },
    { kind: 'paragraph', text: `${orderLine(group)} p: paired t-test over ${WHOLE.format(users)} users, corrected.` },
    ...listsTable(group),
    ...publishedTable(group, facts, names),
  ];
}

/** Recall and NDCG at every cutoff, in the order of cutoffs. */
function metricNames(systems: readonly SystemSummary[]): string[] {
  const names = Object.keys(systems[0]?.metrics ?? {}).filter((name) => /^(recall|ndcg)@/.test(name));
  const kind = (name: string): number => (name.startsWith('recall') ? 0 : 1);
  const cutoff = (name: string): number => Number(name.split('@')[1]);
  return names.sort((a, b) => kind(a) - kind(b) || cutoff(a) - cutoff(b));
}

function againstCells(against: Against | undefined): [string, string] {
  if (against === undefined) return ['', ''];
  const { difference, margin, p } = against;
  return [`${difference >= 0 ? '+' : ''}${difference.toFixed(4)} ± ${margin.toFixed(4)}`, pText(p)];
}

/** A p-value: `0.031`, `< 0.001`. */
export function pText(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** What may be said of an order, and what may not. */
export function orderLine({ systems, metric, best, ordered }: GroupSummary): string {
  if (systems.length < 2) return 'There is one system: nothing to compare.';
  const seeds = Math.min(...systems.map((system) => system.seeds.length));
  if (!ordered)
    return `No order is claimed: a system has ${seeds} seed${seeds === 1 ? '' : 's'}, it takes ${SEEDS_FOR_AN_ORDER}.`;
  const others = systems.filter(({ againstBest }) => againstBest !== undefined);
  const below = others.filter(({ againstBest }) => (againstBest?.p ?? 1) < LEVEL);
  const near = others.filter(({ againstBest }) => (againstBest?.p ?? 1) >= LEVEL);
  const names = (of: readonly SystemSummary[]): string => of.map(({ model }) => model).join(', ');
  const order = systems.map(({ model }) => model).join(' > ');
  return [
    `By mean ${title(metric)}: ${order}.`,
    ...(below.length === 0 ? [] : [`Below ${best} at the level of ${LEVEL}: ${names(below)}.`]),
    ...(near.length === 0 ? [] : [`Not told apart from ${best}: ${names(near)}.`]),
  ].join(' ');
}

function listsTable({ systems }: GroupSummary): Block[] {
  const names = Object.keys(systems[0]?.lists ?? {}).filter((name) => name.includes('@'));
  const cutoffs = [...new Set(names.map((name) => Number(name.split('@')[1])))].sort((a, b) => a - b);
  const k = cutoffs.includes(10) ? 10 : cutoffs[0];
  const own = names.filter((name) => name.endsWith(`@${k}`));
  const [first] = systems;
  if (own.length === 0 || first === undefined) return [];
  const rows = systems.map(({ model, lists }) => [model, ...own.map((name) => significant(lists[name]?.mean))]);
  const { 'popularity.targets': targets, 'popularity.histories': histories } = first.lists;
  return [
    {
      kind: 'paragraph',
      text: `What the lists are like. Users' targets have a mean popularity of ${significant(targets?.mean)}, their histories of ${significant(histories?.mean)}: more than that in a list is a bias towards the popular.`,
    },
    { kind: 'table', rows: [['system', ...own], ...rows] },
  ];
}

function publishedTable({ protocol }: GroupSummary, facts: DataFacts, names: readonly string[]): Block[] {
  const data = paperDataOf(facts);
  if (data === undefined) return [];
  const rows = PUBLISHED.filter((row) => row.data === data.name && row.protocol === protocol);
  if (rows.length === 0) return [];
  const shown = names.filter((name) => rows.some(({ metrics }) => name in metrics));
  return [
    {
      kind: 'paragraph',
      text: `Published for ${data.name}, ${protocol}. Not ours, and not trained alike; side information of our data: ${facts.sides.length === 0 ? 'none' : facts.sides.join(', ')}.`,
    },
    {
      kind: 'table',
      rows: [
        ['system', ...shown.map(title), 'side information', 'source'],
        ...rows.map(({ system, metrics, sides, source }) => [
          system,
          ...shown.map((name) => fixed(metrics[name])),
          sides,
          source,
        ]),
      ],
    },
  ];
}

/** What the systems cost: one table for both protocols, as they are of the same runs. */
function costs({ finals, groups }: ReportInput, { label }: DataFacts): Block[] {
  const systems = groups.find(({ data }) => data === label)?.systems ?? [];
  if (systems.length === 0) return [];
  const rows = systems.map(({ model, parameters, bestEpochs, trainedEpochs, counted, converged, searched }) => {
    const times = finals.filter((run) => run.data === label && run.model === model).map((run) => run.times);
    const mean = (of: (own: RunTimes) => number): number => times.reduce((sum, own) => sum + of(own), 0) / times.length;
    return [
      model,
      WHOLE.format(parameters),
      counted ? 'counted' : bestEpochs.map((best, i) => `${best} of ${trainedEpochs[i] ?? ''}`).join(', '),
      converged ? 'yes' : 'no *',
      mean(({ secondsPerEpoch }) => secondsPerEpoch).toFixed(1),
      (mean(({ seconds }) => seconds) / 60).toFixed(1),
      WHOLE.format(mean(({ peakMemoryBytes }) => peakMemoryBytes) / 1e6),
      valuesText(searched),
    ];
  });
  return [
    { kind: 'heading', level: 3, text: `${label}, what it takes` },
    {
      kind: 'table',
      rows: [
        [
          'system',
          'parameters',
          'best epoch by seed',
          'converged',
          's an epoch',
          'minutes a run',
          'peak memory, MB',
          'chosen',
        ],
        ...rows,
      ],
    },
  ];
}

function curves({ finals }: ReportInput, { label }: DataFacts): Block[] {
  const own = finals.filter(({ data, curve, counted }) => data === label && curve.length > 0 && counted !== true);
  const [first] = own;
  if (first === undefined) return [];
  const metric = title(first.watched.metric);
  return [
    {
      kind: 'figure',
      title: `${label}: learning curves`,
      svg: lineChart(
        own.map(({ model, curve }) => ({
          name: model,
          points: curve.map(({ epoch, valid }) => ({ x: epoch, y: valid })),
        })),
        { x: 'epoch', y: `validation ${metric}` },
      ),
      caption: `Validation ${metric} after each epoch, a line for each seed.`,
    },
  ];
}

function searchBlocks({ trials, finals, specification }: ReportInput, { label }: DataFacts): Block[] {
  const own = trials.filter(({ data }) => data === label);
  const [first] = own;
  if (first === undefined) return [];
  const chosen = new Set(finals.map((run) => `${run.data}\n${run.model}\n${valuesText(run.searched)}`));
  const rows = own.map((run) => [
    run.model,
    valuesText(run.searched),
    fixed(run.watched.value),
    `${run.bestEpoch} of ${run.trainedEpochs}${run.converged ? '' : ' *'}`,
    chosen.has(`${run.data}\n${run.model}\n${valuesText(run.searched)}`) ? 'chosen' : '',
  ]);
  const grid = Object.entries(specification.search).map(([name, values]) => `${name} in ${values.join(', ')}`);
  return [
    { kind: 'heading', level: 3, text: `${label}, the search` },
    {
      kind: 'paragraph',
      text: `${grid.join(' x ')}, the same for every system, with seed ${first.seed} and early stopping; chosen by validation ${title(first.watched.metric)}, with the test targets unseen.`,
    },
    { kind: 'table', rows: [['system', 'values', `valid ${title(first.watched.metric)}`, 'best epoch', ''], ...rows] },
  ];
}

function method({ data, groups, finals }: ReportInput): Block[] {
  const hasPublished = data.some((facts) => paperDataOf(facts) !== undefined);
  return [
    { kind: 'heading', level: 2, text: 'How to read it' },
    {
      kind: 'list',
      items: [
        '±: half the width of the 95 % t-interval; of metrics over seeds, of differences over users.',
        `p: two-sided paired t-test over users on ${title(groups[0]?.metric ?? '')} of each user, averaged over seeds; corrected by Holm's method for all comparisons of its column. The best system was picked by the same figures, which favours it a little. It says whether a difference is an accident of the users, not of the seeds: look at the intervals for that, and at the size of the difference.`,
        "coverage: share of all items in anybody's list; gini: 0 where all items are shown equally often, near 1 where few are; novelty: mean self-information in bits; popularity: mean training interactions; diversity: 1 - Jaccard of the values of a field, mean over the pairs of a list.",
        'converged: stopped early, or the best epoch is not among the last tenth.',
        ...chosenBy(finals),
        'peak memory: the largest resident set of the process that trained the run, which trained nothing else.',
        ...(hasPublished ? DIFFERENCES : []),
      ],
    },
  ];
}

/** What epochs were chosen by: it may be another metric or protocol than that of a table. */
function chosenBy(finals: readonly RunRecord[]): string[] {
  const ways = finals.map(({ watched, settings }) => {
    const protocol = settings.evaluation['maskSeen'] === true ? 'masked' : 'unmasked';
    return `validation ${title(watched.metric)}, ${protocol}`;
  });
  return ways.length === 0 ? [] : [`The best epoch of a run is that by ${[...new Set(ways)].join(' or ')}.`];
}

function significant(value: number | undefined): string {
  if (value === undefined) return '-';
  const text = value.toPrecision(4);
  return text.includes('e') ? String(Number(text)) : text;
}
