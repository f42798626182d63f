// What was loaded, in a few lines.
import { itemCategories, sequenceStore } from '@difsr/data';
import type { TrainingData } from '@difsr/library/parts';
import { columnWords, sideColumns } from '@difsr/training';
import { reportLines } from './report.js';
import { whole } from './table.js';
import type { Terminal } from './terminal.js';

/** Says what was loaded, and everything that was dropped, inferred or noticed. */
export function showData(terminal: Terminal, dataset: TrainingData): void {
  const { name, format, users, items, report } = dataset;
  const fields = itemCategories(dataset);
  const columns = sideColumns(dataset, sequenceStore(dataset));
  const interactions = 'store' in dataset ? dataset.store.interactions : dataset.sequences.items.length;
  const streamed = 'store' in dataset;
  terminal.value({
    kind: 'data',
    name,
    format,
    users: users.size - 1,
    items: items.size - 1,
    interactions,
    streamed,
    fields: Object.fromEntries(fields.map((field) => [field.name, field.vocabulary.size - 1])),
    otherFields: columns
      .filter(({ owner, vocabulary }) => owner !== 'item' || vocabulary === undefined)
      .map(({ name, owner, kind }) => ({ name, owner, kind })),
    report,
  });
  const sides = columns.map(columnWords).join(', ') || 'none';
  terminal.line(
    `${terminal.style('bold', name)} (${format}${streamed ? ', sequences on disk' : ''}): ${whole(users.size - 1)} users, ${whole(items.size - 1)} items, ${whole(interactions)} interactions; side information: ${sides}`,
  );
  for (const line of reportLines(report)) terminal.line(terminal.style('dim', `  ${line}`));
}
