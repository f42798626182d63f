// The columns of side information that a data set has, whoever they belong to and wherever they are kept.
import type { Dataset, FieldKind, FieldOwner, SequenceStore, StoredDataset, Vocabulary } from '@difsr/data';

/** A column of a data set. */
export interface SideColumn {
  readonly name: string;
  readonly owner: FieldOwner;
  readonly kind: FieldKind;
  /** Of values that are told apart. */
  readonly vocabulary?: Vocabulary;
  /** Of values that are told apart: how many of them one has at most. */
  readonly maxValues?: number;
  /** Of vectors: how many numbers one has. */
  readonly width?: number;
}

/** Columns of items, of interactions, of users, each in the order of the data: the order of a model's schema. */
export function sideColumns(dataset: Dataset | StoredDataset, store: SequenceStore): readonly SideColumn[] {
  const of = (owner: FieldOwner): SideColumn[] =>
    dataset.fields
      .filter((field) => field.owner === owner)
      .map((field) => ({
        name: field.name,
        owner,
        kind: field.kind,
        ...('vocabulary' in field ? { vocabulary: field.vocabulary, maxValues: field.maxValues } : {}),
        ...('width' in field ? { width: field.width } : {}),
      }));
  const ofInteractions = store.columns.flatMap(({ name, kind, width, vocabulary }): SideColumn[] => {
    if (kind === 'time') return [];
    const known = { name, owner: 'interaction', kind } as const;
    if (kind === 'vector') return [{ ...known, width }];
    return [vocabulary === undefined ? known : { ...known, vocabulary, maxValues: width }];
  });
  return [...of('item'), ...ofInteractions, ...of('user')];
}

/** A column in words: `brand (120 values)`, `price (numbers)`, `channel (3 values, of interactions)`. */
export function columnWords({
  name,
  owner,
  kind,
  vocabulary,
  width,
}: Omit<SideColumn, 'vocabulary'> & { readonly vocabulary?: Pick<Vocabulary, 'size'> }): string {
  const whole = new Intl.NumberFormat('en');
  const what =
    vocabulary !== undefined
      ? `${whole.format(vocabulary.size - 1)} values`
      : kind === 'vector'
        ? `vectors of ${width}`
        : 'numbers';
  return `${name} (${what}${owner === 'item' ? '' : `, of ${owner}s`})`;
}
