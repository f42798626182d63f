// What in an analysis should make one think, and what to do about it. Thresholds are deliberately coarse: a finding is a question.
import { setting, text, type Text } from '@difsr/errors';
import type { Analysis } from './statistics-analysis.js';
import type { DatasetStatistics } from './statistics.js';

/** One thing worth a thought. */
export interface Finding {
  /** `warning`: results are likely to mislead or to suffer; `note`: good to know. */
  readonly level: 'warning' | 'note';
  /** A name that stays, for programs. */
  readonly code: FindingCode;
  /** What was found, with numbers. */
  readonly what: string;
  /** What it means or what to do. */
  readonly cure: Text;
}

/** The things that are looked for. */
export type FindingCode =
  | 'short-histories'
  | 'rare-items'
  | 'unused-items'
  | 'cold-targets'
  | 'popularity'
  | 'same-item-in-a-row'
  | 'repeats'
  | 'future-in-training'
  | 'ties'
  | 'same-time'
  | 'not-a-time'
  | 'hole'
  | 'identical-users'
  | 'field-constant'
  | 'field-value-everywhere'
  | 'field-identifies'
  | 'field-coverage'
  | 'returns';

type Counts = Pick<DatasetStatistics, 'users' | 'items' | 'interactions' | 'fields'>;
/** Of a field that is no side information of items: interactions that are no purchases. */
interface OtherCounts {
  readonly returns?: { readonly rows: number; readonly what: string; readonly cure: Text };
}
type Rule = (analysis: Analysis, counts: Counts) => readonly Finding[];

/**
 * The findings of an analysis, warnings first.
 *
 * @param others the other fields of a prepared folder (`analysePrepared`)
 * @example
 * const { analysis } = analyseDataset(dataset);
 * for (const { what, cure } of findingsOf(analysis, datasetStatistics(dataset))) console.warn(`${what}: ${cure}`);
 */
export function findingsOf(analysis: Analysis, counts: Counts, others: readonly OtherCounts[] = []): Finding[] {
  const found = [...RULES.flatMap((rule) => rule(analysis, counts)), ...others.flatMap(returned)];
  return [...found.filter(({ level }) => level === 'warning'), ...found.filter(({ level }) => level === 'note')];
}

const finding = (level: Finding['level'], code: FindingCode, what: string, cure: Text): Finding[] => [
  { level, code, what, cure },
];
const percent = (share: number): string => `${(share * 100).toPrecision(share < 0.1 ? 2 : 3)} %`;
const whole = (count: number): string => count.toLocaleString('en-US');

/** How many of the counted lie below a bound, exactly where the bound begins a range of the histogram. */
function below(histogram: Analysis['lengths']['histogram'], bound: number): number {
  return histogram.reduce((sum, { to, count }) => sum + (to < bound ? count : 0), 0);
}

const histories: Rule = ({ lengths }, { users }) => {
  const short = below(lengths.histogram, 3) / users;
  return short > 0.05
    ? finding(
        short > 0.3 ? 'warning' : 'note',
        'short-histories',
        `${percent(short)} of the users have fewer than 3 interactions`,
        text`they give no test target; ${setting('filters.userMin', 5)} leaves them out, as the papers do`,
      )
    : [];
};

const rareItems: Rule = ({ itemInteractions, cold }, { items }) => {
  const used = items - cold.unused;
  const rare = used === 0 ? 0 : (below(itemInteractions.histogram, 5) - cold.unused) / used;
  return [
    ...(rare > 0.5
      ? finding(
          'note',
          'rare-items',
          `${percent(rare)} of the items with interactions have fewer than 5`,
          text`ids alone cannot tell them apart: side information helps, or ${setting('filters.itemMin', 5)}`,
        )
      : []),
    ...(cold.unused > 0.2 * items
      ? finding(
          'note',
          'unused-items',
          `${percent(cold.unused / items)} of the items have no interaction at all`,
          text`they are ranked as candidates all the same; ${setting('filters.itemMin', 1)} leaves them out`,
        )
      : []),
  ];
};

const cold: Rule = ({ cold: { test, valid }, split }) => {
  const targets = split.test + split.valid;
  const share = targets === 0 ? 0 : (test + valid) / targets;
  return share > 0.01
    ? finding(
        share > 0.05 && split.method !== 'cold-items' ? 'warning' : 'note',
        'cold-targets',
        `${percent(share)} of the targets are items that training never sees`,
        text`a model of ids cannot rank them; side information can, a little. Raise ${setting('filters.itemMin')}, or report them apart`,
      )
    : [];
};

const popularity: Rule = ({ popularity: { top1 } }, { items }) =>
  items >= 100 && top1 > 0.3
    ? finding(
        'note',
        'popularity',
        `the top 1 % of the items have ${percent(top1)} of the interactions`,
        'always recommending them scores well: compare with a ranking by popularity before trusting a Recall',
      )
    : [];

const repeats: Rule = ({ repeats: { share, inARowShare }, leakage, split }) => [
  ...(inARowShare > 0.02
    ? finding(
        'warning',
        'same-item-in-a-row',
        `${percent(inARowShare)} of the interactions repeat the item just before`,
        'a model learns to echo: page reloads and double clicks go with filters.duplicates: exact (same time) or first',
      )
    : []),
  ...(share > 0.1
    ? finding(
        'note',
        'repeats',
        `${percent(share)} of the interactions are with an item the user had before; ${whole(leakage.targetsInHistory.test)} of ${whole(split.test)} test targets`,
        'lists that leave out known items cannot hit those targets; filters.duplicates: first makes a task of new items',
      )
    : []),
];

const times: Rule = ({ time, leakage, split }) => {
  if (time === undefined) return [];
  const { trainingAfterTarget = 0, beforeLastTraining = 0 } = leakage;
  const targets = split.valid + split.test;
  const tied = targets === 0 ? 0 : (time.tied.valid + time.tied.test) / targets;
  const days = (time.last - time.first) / 86_400;
  return [
    ...(time.first === time.last
      ? finding(
          'warning',
          'same-time',
          'all interactions have the same time',
          'order is that of the files: check which column is the time',
        )
      : []),
    ...(!time.calendar && time.first !== time.last
      ? finding(
          'note',
          'not-a-time',
          `times go from ${time.first} to ${time.last}, which are no seconds since 1970`,
          'only their order is used; where they are milliseconds or text, say so with time.unit or time.format',
        )
      : []),
    ...(trainingAfterTarget > 0.05
      ? finding(
          trainingAfterTarget > 0.25 ? 'warning' : 'note',
          'future-in-training',
          `on average ${percent(trainingAfterTarget)} of the training interactions come later than a test target (${percent(beforeLastTraining)} of the targets come before training ends)`,
          `${split.method} lets a model learn from the future; split.method: global-time measures what a launch would see`,
        )
      : []),
    ...(tied > 0.05 && time.first !== time.last
      ? finding(
          tied > 0.25 ? 'warning' : 'note',
          'ties',
          `${percent(tied)} of the targets have the very time of the interaction before`,
          'which of them is the target is decided by the order of the file: look for a finer time, or keep the files in order',
        )
      : []),
    ...(time.calendar && time.longestHole.days > 30 && time.longestHole.days > 0.1 * days
      ? finding(
          'warning',
          'hole',
          `nothing happens for ${whole(time.longestHole.days)} days after ${time.longestHole.after}`,
          'is a file missing, or are some times wrong? filters.timeFrom and timeTo cut a window',
        )
      : []),
  ];
};

const identical: Rule = ({ leakage: { identical: same } }, { users }) =>
  same.users > 0.01 * users
    ? finding(
        'warning',
        'identical-users',
        `${whole(same.users)} users (${percent(same.users / users)}) share their whole sequence with another one (${whole(same.sequences)} sequences)`,
        'copies, bots or a wrong user column: a target that training saw elsewhere word for word measures nothing',
      )
    : [];

const fields: Rule = (analysis, { items, fields: statistics }) =>
  analysis.fields.flatMap((field, index): readonly Finding[] => {
    const { values = 0, coverage = 0, mostFrequent = null } = statistics[index] ?? {};
    const name = `field "${field.name}"`;
    if (items < 2 || values === 0) return [];
    if (values === 1 || field.mostFrequent === 1) {
      const constant = values === 1;
      return finding(
        'warning',
        constant ? 'field-constant' : 'field-value-everywhere',
        constant
          ? `${name} has one value, "${mostFrequent?.value ?? ''}"`
          : `${name}: all items with a value have "${mostFrequent?.value ?? ''}"`,
        constant ? 'it says nothing: leave the field out' : `it says nothing: drop: ["${mostFrequent?.value ?? ''}"]`,
      );
    }
    return [
      ...(field.ownValue > 0.5
        ? finding(
            'warning',
            'field-identifies',
            `${name}: ${percent(field.ownValue)} of the items have a value that no other item has`,
            'it is a second id and cannot carry over to other items: minItems: 2 or more, bins for numbers, or leave it out',
          )
        : []),
      ...(coverage < 0.5
        ? finding(
            'warning',
            'field-coverage',
            `${name}: only ${percent(coverage)} of the items have a value`,
            'check that the ids of the catalogue are those of the log; the rest count as unknown',
          )
        : []),
    ];
  });

const returned = ({ returns }: OtherCounts): Finding[] =>
  returns === undefined
    ? []
    : finding('warning', 'returns', `${whole(returns.rows)} interactions have ${returns.what}`, returns.cure);

const RULES: readonly Rule[] = [histories, rareItems, cold, popularity, repeats, times, identical, fields];
