// The README of a run folder: what was trained on what, how well it ranks, how to use it.
import type { Dataset, SequenceStore, StoredDataset } from '@difsr/data';
import type { ModelInstance } from '@difsr/models';
import { shellWord } from './shell-word.js';
import type { RunConfig } from './config.js';
import type { RunMetrics } from './events.js';

/** Markdown. */
export function modelCard(options: {
  readonly config: RunConfig;
  readonly model: ModelInstance;
  readonly dataset: Dataset | StoredDataset;
  readonly store: SequenceStore;
  readonly metrics: RunMetrics;
  readonly parameters: number;
  readonly folder: string;
}): string {
  const { config, model, dataset, store, metrics, parameters, folder } = options;
  const names = Object.keys(metrics.test).filter((name) => /^(recall|ndcg|mrr)@/.test(name));
  const row = (name: string): string => `| ${name} | ${format(metrics.valid[name])} | ${format(metrics.test[name])} |`;
  const first = dataset.items.tokens[1] ?? '';
  return `# ${model.name} on ${dataset.name}

A sequential recommender: given a history of items, it scores every item as the next one.

| | |
|---|---|
| model | ${model.name}, ${parameters.toLocaleString('en')} parameters |
| data | ${dataset.name}: ${store.users} users, ${dataset.items.size - 1} items, ${store.interactions} interactions |
| side information | ${dataset.fields.map(({ name, vocabulary }) => `${name} (${vocabulary.size - 1} values)`).join(', ') || 'none'} |
| trained | epoch ${metrics.best.epoch} is kept (best validation ${config.training.earlyStopping.metric}), seed ${metrics.seed}, ${metrics.secondsPerEpoch.toFixed(1)} s an epoch |

## Results

${splitLine(options)}; the target is ranked among all items${metrics.protocol.maskSeen ? ' that the user has not seen' : ', seen ones included'}.

| metric | validation | test |
|---|---|---|
${names.map(row).join('\n')}

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

Scores are comparable within one history only. Items that were not in the training data cannot be recommended. Popular items are favoured, as they are in the data.
`;
}

const format = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(4));

/** How validation and test came about. */
function splitLine({ dataset, store }: Parameters<typeof modelCard>[0]): string {
  if (dataset.splitMethod === undefined) return 'Leave-one-out';
  const { valid, test } = store.split;
  return `Split ${dataset.splitMethod} (${valid.targets.length} validation targets, ${test.targets.length} test targets; a user can have several)`;
}
