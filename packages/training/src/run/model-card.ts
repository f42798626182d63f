// The README of a run folder: what was trained on what, how well it ranks, how to use it.
import type { Dataset, SequenceStore, StoredDataset } from '@difsr/data';
import {
  isCategorical,
  ownerOf,
  USER_ID,
  type FieldSchema,
  type ModelInstance,
  type TrainingTask,
} from '@difsr/models';
import { shellWord } from '../shell-word.js';
import { columnWords, sideColumns } from '../side/side-columns.js';
import type { RunConfig } from '../config.js';
import type { InitialWeights } from '../weights/taken.js';
import { RUN_FILES } from './run-folder.js';
import type { BySplit, Metrics, RunMetrics } from '../events.js';
import { fieldsRead } from '../side/unused-fields.js';

/** Markdown. */
export function modelCard(options: {
  readonly config: RunConfig;
  readonly model: ModelInstance;
  readonly task: Pick<TrainingTask, 'constants'>;
  readonly dataset: Dataset | StoredDataset;
  readonly store: SequenceStore;
  readonly metrics: RunMetrics;
  /** Training interactions by item id. */
  readonly counts: readonly number[];
  readonly parameters: number;
  readonly initial: InitialWeights | undefined;
  readonly folder: string;
}): string {
  const { model, dataset, store, metrics, counts, parameters, initial, folder } = options;
  const names = Object.keys(metrics.valid).filter((name) => /^(recall|ndcg|mrr)@/.test(name));
  const cold = counts.filter((count, id) => id > 0 && count === 0).length;
  const first = dataset.items.tokens[1] ?? '';
  return `# ${model.name} on ${dataset.name}

A sequential recommender: given a history of items, it scores every item as the next one.

| | |
|---|---|
| model | ${model.name}, ${model.count === undefined ? `${parameters.toLocaleString('en')} parameters` : 'counted, not trained'} |
| data | ${dataset.name}: ${store.users} users, ${dataset.items.size - 1} items, ${store.interactions} interactions |
| side information | ${sidesLine(options)} |
${trainedLine(options)}${
    initial === undefined
      ? ''
      : `\n| initial weights | of ${initial.run} (${initial.model}, SHA-256 ${initial.sha256.slice(0, 12)}..): \`${RUN_FILES.init}\` |`
  }

## Results

${splitLine(options)}; the target is ranked among all items${metrics.protocol.maskSeen ? ` that the user has not seen (${hiddenTargets(metrics)} had been seen: they are misses)` : ', seen ones included'}.
*Popular items* is the same list for everybody, the items by training interactions${metrics.beatsPopular.valid ? '' : isPopular(metrics) ? '; it is what the model gives' : '; **the model does not beat it**'}.

${resultsTable(metrics, names)}${metrics.test === undefined ? '\n\nThe test targets were not looked at (`--no-test`): `difsr evaluate` ranks them.' : ''}

## Use

\`\`\`
npx difsr recommend ${shellWord(folder)} --history ${shellWord(first)} -k 10
npx difsr evaluate ${shellWord(folder)}
npx difsr export ${shellWord(folder)} --onnx
\`\`\`

## Files

\`config.json\` the whole configuration; \`model.safetensors\` parameters and attribute tables; \`vocabulary.json\` item and attribute tokens by id;
\`optimizer.safetensors\` and \`state.json\` the last checkpoint; \`history.jsonl\` one line per epoch; \`metrics.json\` the results.

## Limits

Scores are comparable within one history only. Only the items of \`vocabulary.json\` can be recommended${cold === 0 ? '' : `; ${cold} of them never occur in the training part: they can be recommended, but nothing was learned of when`}.
Popular items are favoured, as they are in the data.
`;
}

function trainedLine({ config, metrics, counts }: Parameters<typeof modelCard>[0]): string {
  if (metrics.counted === true)
    return `| counted | in ${sumOf(counts).toLocaleString('en')} training interactions, ${metrics.secondsPerEpoch.toFixed(1)} s; no step was trained |`;
  return `| trained | epoch ${metrics.best.epoch} is kept (best validation ${config.training.earlyStopping.metric}), seed ${metrics.seed}, ${metrics.secondsPerEpoch.toFixed(1)} s an epoch |`;
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The side information that is used, those of the time included, and which columns of the data are not. */
function sidesLine({ model, task, dataset, store }: Parameters<typeof modelCard>[0]): string {
  const used = fieldsRead(model, task);
  const left = sideColumns(dataset, store).filter(({ name }) => !used.some((field) => field.name === name));
  const isRead = model.reads.users.some(({ name }) => name === USER_ID);
  const who = isRead ? [`who the user is (${store.users} users, whose ids are in \`${RUN_FILES.vocabulary}\`)`] : [];
  const words = [...used.map(fieldWords), ...who].join(', ') || 'none';
  return left.length === 0 ? words : `${words}; not used: ${left.map(({ name }) => name).join(', ')}`;
}

function fieldWords(field: FieldSchema): string {
  return columnWords({
    name: field.name,
    owner: ownerOf(field),
    kind: field.kind,
    ...(isCategorical(field) ? { vocabulary: { size: field.values } } : {}),
    ...(field.kind === 'vector' ? { width: field.width } : {}),
  });
}

/** How many targets of the last split that was ranked `maskSeen` hides. */
function hiddenTargets({ counts }: RunMetrics): string {
  const { hidden, targets } = counts.test ?? counts.valid;
  return `${hidden} of ${targets} ${counts.test === undefined ? 'validation' : 'test'} targets`;
}

/** A row per metric; where users have several targets, both means. */
function resultsTable({ byUser, popular, counts, ...metrics }: RunMetrics, names: readonly string[]): string {
  const several = Object.values(counts).some(({ targets, users }) => targets !== users);
  type Columns = (readonly [title: string, of: Metrics])[];
  const columnsOf = (own: BySplit<Metrics>, most: BySplit<Metrics>): Columns =>
    (['valid', 'test'] as const).flatMap((split): Columns => {
      const [mine, theirs] = [own[split], most[split]];
      if (mine === undefined || theirs === undefined) return [];
      return [
        [split === 'valid' ? 'validation' : 'test', mine],
        ['popular items', theirs],
      ];
    });
  const [columns, users] = [columnsOf(metrics, popular), columnsOf(byUser, popular.byUser)];
  const table = (title: string, of: Columns): string =>
    [
      `| ${title} | ${of.map(([name]) => name).join(' | ')} |`,
      `|---|${of.map(() => '---|').join('')}`,
      ...names.map((name) => `| ${name} | ${of.map(([, metrics]) => format(metrics[name])).join(' | ')} |`),
    ].join('\n');
  return several
    ? `${table('mean over targets', columns)}\n\n${table("mean over users of the mean over each one's targets", users)}`
    : table('mean over users', columns);
}

const format = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(4));

/** How validation and test came about. */
function splitLine({ dataset, store }: Parameters<typeof modelCard>[0]): string {
  if (dataset.splitMethod === undefined) return 'Leave-one-out';
  const { valid, test } = store.split;
  return `Split ${dataset.splitMethod} (${valid.targets.length} validation targets, ${test.targets.length} test targets; a user can have several)`;
}

/** Whether what was ranked is the popular items themselves. */
function isPopular({ counted, valid, popular }: RunMetrics): boolean {
  return counted === true && Object.entries(valid).every(([name, value]) => popular.valid[name] === value);
}
