// The page of an analysis: blocks from its numbers, nothing computed anew.
import { heatMap } from '../page/heat-map.js';
import { lineChart, type Line } from '../page/line-chart.js';
import { toHtml, type Block, type Document, type Figure } from '../page/document.js';
import {
  isAvailable,
  type Analysis,
  type Available,
  type HeadMaps,
  type MapAnalysis,
  type RankAnalysis,
  type RunAnalysis,
} from './types.js';

/**
 * An analysis as one HTML file without scripts or anything from elsewhere.
 *
 * @example
 * await writeFile('analysis.html', analysisHtml(await analyze(['runs/sasrecf', 'runs/dif-sr'])));
 */
export function analysisHtml(analysis: Analysis): string {
  return toHtml(analysisDocument(analysis));
}

/** The same as blocks. */
export function analysisDocument({ notes, runs }: Analysis): Document {
  const names = namesOf(runs);
  const named = runs.map((run, i): NamedRun => ({ ...run, name: names[i] ?? run.model }));
  return {
    title: `What ${names.join(', ')} learned`,
    blocks: [
      runsTable(named),
      ...(notes.length === 0 ? [] : [{ kind: 'list', items: notes.map(sentence) } as const]),
      ...rankBlocks(named),
      ...named.flatMap(mapBlocks),
      ...named.flatMap(explanationBlocks),
      ...gradientBlocks(named),
      ...groupBlocks(named),
    ],
  };
}

interface NamedRun extends RunAnalysis {
  readonly name: string;
}

/** The model's name where that tells runs apart, with the run's folder where not. */
function namesOf(runs: readonly RunAnalysis[]): string[] {
  return runs.map(({ model, run }) =>
    runs.filter((other) => other.model === model).length === 1 ? model : `${model} (${run})`,
  );
}

function runsTable(runs: readonly NamedRun[]): Block {
  const rows = runs.map(({ name, run, dataset, options }) => [
    name,
    run,
    dataset,
    Object.entries(options)
      .map(([key, value]) => `${key} ${value}`)
      .join(', '),
  ]);
  return { kind: 'table', rows: [['model', 'run', 'data', 'options'], ...rows] };
}

/** Runs that have a part; a sentence for each that has not. */
function split<T extends object>(
  runs: readonly NamedRun[],
  of: (run: NamedRun) => Available<T>,
): { readonly there: readonly { readonly run: NamedRun; readonly part: T }[]; readonly reasons: readonly Block[] } {
  const there: { run: NamedRun; part: T }[] = [];
  const reasons: Block[] = [];
  for (const run of runs) {
    const part = of(run);
    if (isAvailable(part)) there.push({ run, part });
    else reasons.push({ kind: 'paragraph', text: sentence(`${run.name}: ${part.unavailable}`) });
  }
  return { there, reasons };
}

function rankBlocks(runs: readonly NamedRun[]): Block[] {
  const { there, reasons } = split(runs, ({ rank }) => rank);
  const heading: Block = { kind: 'heading', level: 2, text: 'Rank of attention scores' };
  if (there.length === 0) return [heading, ...reasons];
  const mean = there.map(({ run, part: { mean: own, length, histories, eligible } }) => [
    run.name,
    rankText(own.rank),
    rankText(own.rank64),
    own.effective.toFixed(2),
    `${length} x ${length}`,
    histories === eligible ? String(histories) : `${histories} of ${eligible}`,
  ]);
  const heads = there.flatMap(({ run, part }) =>
    part.heads.map(({ attention, head, rank, rank64, effective, masked }) => [
      `${run.name}, ${attention}, head ${head + 1}${masked ? ' (triangular)' : ''}`,
      rankText(rank),
      rankText(rank64),
      effective.toFixed(2),
    ]),
  );
  const notes = there.flatMap(({ run, part }) => part.notes.map((note) => sentence(`${run.name}: ${note}`)));
  return [
    heading,
    {
      kind: 'paragraph',
      text: 'Scores before mask and softmax, means over histories and heads (Xie et al., SIGIR 2022, Figure 1). Rank: singular values above s_max · n · eps, with the eps of float32, in which models are trained and served, and of float64, in which bounds show to the last bit. Effective rank: exp of the entropy of the singular values over their sum (Roy & Vetterli, EUSIPCO 2007).',
    },
    {
      kind: 'table',
      rows: [['', 'rank (float32)', 'rank (float64)', 'effective rank', 'matrices', 'histories'], ...mean],
    },
    ...(notes.length === 0 ? [] : [{ kind: 'list', items: notes } as const]),
    ...reasons,
    { kind: 'figures', figures: spectra(there.map(({ run, part }) => ({ name: run.name, rank: part }))) },
    { kind: 'heading', level: 3, text: 'By attention and head' },
    { kind: 'table', rows: [['', 'rank (float32)', 'rank (float64)', 'effective rank'], ...heads] },
  ];
}

/** A drawing per place of attentions that the runs have, a line per run and head. */
function spectra(runs: readonly { readonly name: string; readonly rank: RankAnalysis }[]): Figure[] {
  const places = [...new Set(runs.flatMap(({ rank }) => rank.heads.map(({ attention }) => attention)))];
  return places.map((place): Figure => {
    const lines = runs.flatMap(({ name, rank }) =>
      rank.heads
        .filter(({ attention }) => attention === place)
        .map(({ spectrum }): Line => {
          // Round-off stands for nothing: it would stretch the axis.
          const points = spectrum.map((y, k) => ({ x: k + 1, y })).filter(({ y }) => y > ROUND_OFF);
          return { name, points };
        }),
    );
    return {
      title: place,
      svg: lineChart(lines, { x: 'singular value, by size', y: 'over the largest', logarithmic: true }),
      caption: 'Each line is a head: geometric means over histories. A line ends where nothing but round-off follows.',
    };
  });
}

/** Singular values over the largest that are drawn. */
const ROUND_OFF = 1e-12;

function mapBlocks(run: NamedRun): Block[] {
  const { maps, name } = run;
  if (maps === undefined) return [];
  const heading: Block = { kind: 'heading', level: 2, text: `Attention of ${name}` };
  if (!isAvailable(maps)) return [heading, { kind: 'paragraph', text: sentence(maps.unavailable) }];
  const whose =
    maps.user === undefined ? 'the history that was given' : `user ${maps.user}, before the last held-out target`;
  return [
    heading,
    {
      kind: 'paragraph',
      text: `Of ${whose}: ${maps.history.length} places, oldest first. Rows are queries, columns keys in the same order. Scores are before the mask, scaled, of what is visible; each row less its mean, which a softmax does not see: blue draws attention, orange turns it away. All scores of a head have one scale.`,
    },
    ...(maps.notes.length === 0 ? [] : [{ kind: 'list', items: maps.notes.map(sentence) } as const]),
    ...(maps.unknown.length === 0
      ? []
      : [{ kind: 'paragraph', text: `Not among the run's items, and left out: ${maps.unknown.join(', ')}.` } as const]),
    ...maps.attentions.flatMap(({ attention, heads }) =>
      heads.flatMap((head): Block[] => [
        { kind: 'heading', level: 3, text: `${attention}, head ${head.head + 1}` },
        { kind: 'figures', figures: headFigures(maps, head) },
      ]),
    ),
  ];
}

function headFigures(maps: MapAnalysis, head: HeadMaps): Figure[] {
  const labels = maps.history.map(({ id, name }) => name ?? id);
  const scores = [
    ...head.sources.map(({ name, scores: own }) => ({ title: `scores of ${name}`, rows: own })),
    { title: head.sources.length === 0 ? 'scores' : 'fused scores', rows: head.fused },
  ].map(({ title, rows }) => ({ title, rows: centred(rows, head.probabilities) }));
  const full = scores.reduce(
    (most, { rows }) =>
      rows.reduce((own, row) => row.reduce((x, y) => (Number.isFinite(y) ? Math.max(x, Math.abs(y)) : x), own), most),
    0,
  );
  return [
    ...scores.map(({ title, rows }) => ({ title, svg: heatMap({ title, rows, labels, full }), caption: '' })),
    {
      title: 'attention',
      svg: heatMap({ title: 'attention', rows: head.probabilities, labels, full: 1 }),
      caption: 'Shares: full colour is all of a row.',
    },
  ];
}

/**
 * Rows less the mean of their visible entries; hidden ones are no numbers.
 *
 * @example centred([[4, 9], [1, 3]], [[1, 0], [0.2, 0.8]]); // [[0, NaN], [-1, 1]]
 */
export function centred(
  rows: readonly (readonly number[])[],
  probabilities: readonly (readonly number[])[],
): readonly (readonly number[])[] {
  return rows.map((row, i) => {
    // What the mask hides has no share at all.
    const isVisible = (j: number): boolean => (probabilities[i]?.[j] ?? 0) > 0;
    const visible = row.filter((_, j) => isVisible(j));
    const mean = visible.reduce((a, b) => a + b, 0) / visible.length;
    return row.map((x, j) => (isVisible(j) ? x - mean : Number.NaN));
  });
}

function explanationBlocks({ name, explanation }: NamedRun): Block[] {
  if (explanation === undefined) return [];
  const heading: Block = { kind: 'heading', level: 2, text: `What decided the best recommendation of ${name}` };
  if (!isAvailable(explanation)) return [heading, { kind: 'paragraph', text: sentence(explanation.unavailable) }];
  const { item, events, fields, unseen } = explanation;
  const signed = (value: number | undefined): string =>
    value === undefined ? '-' : `${value < 0 ? '' : '+'}${value.toFixed(3)}`;
  return [
    heading,
    {
      kind: 'paragraph',
      text: `${[item.id, item.name].filter((each) => each !== undefined).join(' ')} has the score ${item.score.toFixed(3)}. Each number is that score less the one without an event, or where nothing is known of a field; they need not add up.${unseen > 0 ? ` ${unseen} older events are not seen by the model.` : ''}`,
    },
    {
      kind: 'table',
      rows: [
        ['without', 'difference'],
        ...events.map((event) => [event.name ?? event.id, signed(event.difference)]),
        ...fields.map(({ field, owner, difference }) => [`${field} (of the ${owner})`, signed(difference)]),
      ],
    },
  ];
}

function gradientBlocks(runs: readonly NamedRun[]): Block[] {
  const { there, reasons } = split(runs, ({ gradients }) => gradients);
  const heading: Block = { kind: 'heading', level: 2, text: 'Gradients by source' };
  if (there.length === 0) return [heading, ...reasons];
  const rows = there.flatMap(({ run, part }) =>
    part.sources.map(({ source, magnitude, toItem }) => [
      `${run.name}, ${source}`,
      magnitude.toPrecision(3),
      toItem === undefined ? '-' : toItem.difference === 0 ? '0 (the same)' : toItem.difference.toPrecision(3),
      toItem === undefined ? '-' : toItem.cosine.toFixed(3),
    ]),
  );
  const [first] = there;
  return [
    heading,
    {
      kind: 'paragraph',
      text: `What the training loss pulls at the embeddings of each place: mean L2 norm over ${whole(first?.part.places ?? 0)} places of ${first?.part.steps} training batches, at the run's weights, without dropout. Difference: the norm of what sets the source's gradient apart from the item's, over the norm of the item's; where embeddings are added before attention it is 0, and training cannot move one without the other. Cosine: whether both pull the same way. A dash: widths differ, or it is the item itself.`,
    },
    { kind: 'table', rows: [['', 'magnitude', 'difference', 'cosine'], ...rows] },
    ...reasons,
  ];
}

function groupBlocks(runs: readonly NamedRun[]): Block[] {
  const { there, reasons } = split(runs, ({ groups }) => groups);
  const heading: Block = { kind: 'heading', level: 2, text: 'Results by group' };
  if (there.length === 0) return [heading, ...reasons];
  const said = there.map(({ run, part }) => `${run.name}: ${part.part} targets, ${part.protocol}`);
  return [
    heading,
    {
      kind: 'paragraph',
      text: `Means over targets, from the ranks that each run kept (${said.join('; ')}). Unmasked: all items are ranked; masked: those of the history are left out.`,
    },
    ...reasons,
    { kind: 'heading', level: 3, text: 'By length of the history' },
    groupTable(there.map(({ run, part }) => ({ name: run.name, groups: [...part.length, part.all] }))),
    { kind: 'heading', level: 3, text: 'By training interactions of the target' },
    groupTable(there.map(({ run, part }) => ({ name: run.name, groups: [...part.popularity, part.all] }))),
  ];
}

type NamedGroups = {
  readonly name: string;
  readonly groups: readonly {
    name: string;
    targets: number;
    share: number;
    metrics: Readonly<Record<string, number>>;
  }[];
};

function groupTable(runs: readonly NamedGroups[]): Block {
  const metrics = shownMetrics(runs[0]?.groups[0]?.metrics ?? {});
  const names = [...new Set(runs.flatMap(({ groups }) => groups.map(({ name }) => name)))];
  const titles = runs.flatMap(({ name }) =>
    metrics.map((each) => (runs.length === 1 ? titleOf(each) : `${name} ${titleOf(each)}`)),
  );
  // Runs of one data set have the same groups; of several, a group shows the targets of each.
  const rows = names.map((name) => {
    const own = runs.map(({ groups }) => groups.find((group) => group.name === name));
    const counts = [...new Set(own.map((group) => (group === undefined ? '-' : whole(group.targets))))];
    const shares = [
      ...new Set(own.map((group) => (group === undefined ? '-' : `${(100 * group.share).toFixed(1)} %`))),
    ];
    const values = own.flatMap((group) => metrics.map((each) => group?.metrics[each]?.toFixed(4) ?? '-'));
    return [name, counts.join(' / '), shares.join(' / '), ...values];
  });
  return { kind: 'table', rows: [['', 'targets', 'share', ...titles], ...rows] };
}

/** Recall and NDCG at 10, or at the first cut-off where 10 is none. */
export function shownMetrics(metrics: Readonly<Record<string, number>>): string[] {
  const names = Object.keys(metrics);
  const cutoff = names.includes('ndcg@10')
    ? '10'
    : (names.find((name) => name.startsWith('ndcg@'))?.split('@')[1] ?? '10');
  return [`recall@${cutoff}`, `ndcg@${cutoff}`];
}

function titleOf(metric: string): string {
  return metric.replace('recall', 'Recall').replace('ndcg', 'NDCG');
}

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const whole = (value: number): string => WHOLE.format(value);
const rankText = (value: number): string => value.toFixed(1);
const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
