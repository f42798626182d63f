// Whether a data set is the one of a run, and what differs where it is not: said of items, fields and interactions, which a user
// knows, and before anybody looks at tensors, which a user does not.
import { call, placeholder, setting, text } from '@difsr/errors';
import { itemCategories, type Dataset, type SequenceStore, type StoredDataset } from '@difsr/data';
import { isCategorical, isTimeField, ownerOf, USER_ID } from '@difsr/models';
import { RunError } from '../run-error.js';
import { sideColumns } from '../side/side-columns.js';
import { fingerprint, tokensOf, trainingCounts, type RunVocabulary } from './run-folder.js';

/** Names that a difference lists. */
const MOST_NAMES = 3;

/**
 * Checks that a data set is the one of a run.
 *
 * @param path Of the data set, for messages.
 * @throws RunError that says what differs, and what to do.
 */
export async function requireSameData(
  folder: string,
  path: string,
  data: { readonly dataset: Dataset | StoredDataset; readonly store: SequenceStore },
  vocabulary: RunVocabulary,
): Promise<void> {
  const { dataset, store } = data;
  if ((await fingerprint(dataset, store, vocabulary.schema)) === vocabulary.fingerprint) return;
  if (await isOfBefore(data, vocabulary)) return;
  const { [USER_ID]: users } = await tokensOf(dataset, store, vocabulary.schema);
  const found = differences(dataset, store, vocabulary, users);
  const what = found.length > 0 ? found : [await otherInteractions(dataset, store, vocabulary)];
  throw new RunError({
    where: folder,
    what: `the data set "${path}" is not the one that this run was trained on (${vocabulary.dataset}): ${what.join('; ')}`,
    cure: text`name the run's own data set (${setting('data', placeholder('PATH'))}), or restore its files and options; for this one train a new run (${call('train', [], setting('data', path))})`,
  });
}

/** Whether a run is of a version that knew categories of items alone, and the data has more by now that is not its business. */
async function isOfBefore(
  { dataset, store }: { readonly dataset: Dataset | StoredDataset; readonly store: SequenceStore },
  { schema, fingerprint: before }: RunVocabulary,
): Promise<boolean> {
  if (!schema.fields.every((field) => isCategorical(field) && ownerOf(field) === 'item')) return false;
  const known = { ...dataset, fields: itemCategories(dataset) };
  return (await fingerprint(known, { ...store, columns: [] })) === before;
}

function differences(
  dataset: Dataset | StoredDataset,
  store: SequenceStore,
  vocabulary: RunVocabulary,
  users: readonly string[] | undefined,
): string[] {
  const columns = sideColumns(dataset, store);
  const fields = new Map(columns.map((field) => [field.name, field]));
  const known = new Map(
    vocabulary.schema.fields.filter(({ name }) => !isTimeField(name)).map((field) => [field.name, field]),
  );
  const missing = [...known.keys()].filter((name) => !fields.has(name));
  const added = [...fields.keys()].filter((name) => !known.has(name));
  return [
    ...ofNames('item', dataset.items.tokens.slice(1), vocabulary.items.slice(1)),
    ...(users === undefined ? [] : ofNames('user', users.slice(1), vocabulary.fields[USER_ID]?.slice(1) ?? [])),
    ...(missing.length === 0 ? [] : [`it lacks ${named('field', missing)}`]),
    ...(added.length === 0 ? [] : [`the run does not know ${named('field', added)}`]),
    ...columns.flatMap(({ name, kind, vocabulary: values }) => {
      const before = known.get(name);
      if (before === undefined) return [];
      if (before.kind !== kind) return [`field ${name} is ${kind}, the run's is ${before.kind}`];
      return ofNames(`value of ${name}`, values?.tokens.slice(1) ?? [], vocabulary.fields[name]?.slice(1) ?? []);
    }),
    ...(missing.length + added.length === 0 && String([...known.keys()]) !== String([...fields.keys()])
      ? [`its fields are ${[...fields.keys()].join(', ')}, the run's ${[...known.keys()].join(', ')}: another order`]
      : []),
  ];
}

/** How two lists of names differ; nothing where they do not. */
function ofNames(what: string, now: readonly string[], before: readonly string[]): string[] {
  const [own, runs] = [new Set(now), new Set(before)];
  const [added, gone] = [now.filter((name) => !runs.has(name)), before.filter((name) => !own.has(name))];
  const plural = what.replace(/^\w+/, '$&s');
  const counts = now.length === before.length ? [] : [`it has ${now.length} ${plural}, the run ${before.length}`];
  if (added.length + gone.length === 0)
    return counts.length === 0 && now.some((name, i) => name !== before[i])
      ? [`its ${plural} are numbered in another order`]
      : counts;
  return [
    ...counts,
    ...(added.length === 0 ? [] : [`the run does not know ${named(what, added)}`]),
    ...(gone.length === 0 ? [] : [`it lacks ${named(what, gone)}`]),
  ];
}

function named(what: string, names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  const shown = names.slice(0, MOST_NAMES).join(', ');
  return `${names.length === 1 ? what : what.replace(/^\w+/, '$&s')} ${shown}${more > 0 ? ` and ${more} more` : ''}`;
}

/** What differs where items and fields are the same. */
async function otherInteractions(
  dataset: Dataset | StoredDataset,
  store: SequenceStore,
  vocabulary: RunVocabulary,
): Promise<string> {
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  const [now, before] = [sum(await trainingCounts(dataset, store)), sum(vocabulary.counts)];
  return now === before
    ? 'its items and fields are the same, but not the order of interactions, the split, or the values of items, interactions or users'
    : `its items and fields are the same, but its training part has ${now} interactions, the run's ${before}`;
}
