// The catalogue of the generated data set as lines of text, and the description that reads log and catalogue back.
import type { GeneratedFormat } from '@difsr/data';
import type { Catalogue, GenerateSettings } from '@difsr/data/internal';

/** What differs between the forms. */
export interface FormatNames {
  /** Endings of the files. */
  readonly interactions: string;
  readonly items: string;
  readonly columns: Readonly<Record<'user' | 'item' | 'time' | 'id' | 'name' | 'categories' | 'brand', string>>;
  /** Between the categories of an item. */
  readonly separator?: string;
}

const COLUMNS = {
  user: 'user',
  item: 'item',
  time: 'time',
  id: 'item',
  name: 'name',
  categories: 'categories',
  brand: 'brand',
} as const;

/** Names of files and columns by form. */
export const FORMAT_NAMES: Readonly<Record<GeneratedFormat, FormatNames>> = {
  csv: { interactions: 'interactions.csv', items: 'items.csv', columns: COLUMNS, separator: '|' },
  jsonl: { interactions: 'interactions.jsonl', items: 'items.jsonl', columns: COLUMNS },
  parquet: { interactions: 'interactions.parquet', items: 'items.parquet', columns: COLUMNS },
  atomic: {
    interactions: 'generated.inter',
    items: 'generated.item',
    columns: { ...COLUMNS, user: 'user_id', item: 'item_id', id: 'item_id', time: 'timestamp', name: 'title' },
    separator: ',',
  },
};

/** Lines of a piece. */
const LINES = 10_000;

/** The catalogue in pieces of text. Parquet is made of JSON lines. */
export function* catalogueText({ items, categories, brands }: Catalogue, format: GeneratedFormat): Generator<string> {
  let lines: string[] = [];
  if (format === 'csv') lines.push('item,name,categories,brand');
  if (format === 'atomic') lines.push('item_id:token\ttitle:token\tcategories:token_seq\tbrand:token');
  for (const [index, { category, brand, name }] of items.entries()) {
    const id = `item-${index + 1}`;
    const of = [categories[category]?.department ?? '', categories[category]?.name ?? ''];
    const by = brands[brand] ?? '';
    if (format === 'csv') lines.push([id, name, of.join('|'), by].join(','));
    // Categories hold spaces, so they are quoted names, as RecBole's own Amazon files have them.
    else if (format === 'atomic') lines.push([id, name, of.map((value) => `'${value}'`).join(', '), by].join('\t'));
    else lines.push(JSON.stringify({ item: id, name, categories: of, brand: by }));
    if (lines.length < LINES) continue;
    yield `${lines.join('\n')}\n`;
    lines = [];
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`;
}

/** A description (dataset.yaml) of the files. */
export function generatedDescription(format: GeneratedFormat, { seed, users, items }: GenerateSettings): string {
  const { interactions, items: catalogue, columns, separator } = FORMAT_NAMES[format];
  const several = separator === undefined ? '' : `, separator: '${separator}'`;
  return `# Written by difsr data generate: seed ${seed}, ${users} users, ${items} items. Prepare it with
#   difsr data prepare dataset.yaml
name: generated
interactions:
  files: ${interactions}
  format: ${format}
  user: ${columns.user}
  item: ${columns.item}
  time: { column: ${columns.time}, unit: s }
items:
  files: ${catalogue}
  format: ${format}
  id: ${columns.id}
  name: ${columns.name}
  fields:
    categories: { kind: multi-categorical${several} }
    brand: { kind: categorical }
`;
}
