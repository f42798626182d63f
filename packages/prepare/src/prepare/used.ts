// Which columns of the files a data set is made of, and which not: one line for each file, by name, so that nothing is left out in silence.
import type { ColumnSpec, Description, FieldSpec } from '../description/types.js';
import type { OpenSource, OpenSources } from '../sources/source.js';
import type { ReportEntry } from '@difsr/data';

/** A use of a column: what for, e.g. `user`, and the column or the expression. */
type Use = readonly [what: string, column: ColumnSpec];

/** What is used of every file, and what is not. */
export function usedColumns({ interactions, items, users }: OpenSources, description: Description): ReportEntry[] {
  const { time } = description.interactions;
  const tables: readonly (readonly [string, OpenSource | undefined, readonly Use[]])[] = [
    [
      'interactions',
      interactions,
      [
        ['user', description.interactions.user],
        ['item', description.interactions.item],
        ...(time === undefined
          ? []
          : [['time', typeof time === 'object' && 'column' in time ? time.column : time] as const]),
        ...fieldUses(description.interactions.fields),
      ],
    ],
    [
      'items',
      items,
      description.items === undefined
        ? []
        : [
            ['id', description.items.id],
            ...(description.items.name === undefined ? [] : [['name', description.items.name] as const]),
            ...fieldUses(description.items.fields),
          ],
    ],
    [
      'users',
      users,
      description.users === undefined ? [] : [['id', description.users.id], ...fieldUses(description.users.fields)],
    ],
  ];
  // A catalogue that stands in the log is one file with it.
  const files = new Map<string, { readonly tables: string[]; readonly source: OpenSource; readonly uses: Use[] }>();
  for (const [table, source, uses] of tables) {
    if (source === undefined) continue;
    const key = [source.spec.table ?? '', ...source.files].join('\n');
    const known = files.get(key);
    if (known === undefined) files.set(key, { tables: [table], source, uses: [...uses] });
    else {
      known.tables.push(table);
      // The id of such a catalogue is the item of the log.
      known.uses.push(...uses.filter(([what]) => what !== 'id'));
    }
  }
  // Not by the names of files: the same table gives the same bytes, whatever its form.
  return [...files.values()].map(({ tables: names, source, uses }) => entryOf(names.join(' and '), source, uses));
}

function fieldUses(fields: Readonly<Record<string, FieldSpec>> = {}): Use[] {
  return Object.entries(fields).map(([name, { column }]) => [`field ${name}`, column ?? name]);
}

function entryOf(table: string, { columns }: OpenSource, uses: readonly Use[]): ReportEntry {
  const names = columns.map(({ name }) => name);
  const used = new Set(uses.flatMap(([, column]) => names.filter((name) => isNamed(name, column))));
  const unused = names.filter((name) => !used.has(name));
  const words = uses.map(([what, column]) =>
    typeof column !== 'string' ? `${what} by SQL` : what === `field ${column}` ? what : `${what} "${column}"`,
  );
  const rest = unused.length === 0 ? 'every column is used' : `not used: ${unused.join(', ')}`;
  return {
    kind: 'noted',
    what: `columns of ${table}`,
    count: used.size,
    why: `${words.join(', ')}; ${rest}`,
  };
}

/** Whether a column is the one that is named, or stands in an expression. */
function isNamed(name: string, column: ColumnSpec): boolean {
  if (typeof column === 'string') return name === column;
  // SQL does not tell upper from lower case; a name in a text of the expression counts as named, too.
  const at = column.sql.toLowerCase().split(name.toLowerCase());
  return at.some((before, index) => {
    const after = at[index + 1];
    return after !== undefined && !/[\p{L}\p{N}_]$/u.test(before) && !/^[\p{L}\p{N}_]/u.test(after);
  });
}
