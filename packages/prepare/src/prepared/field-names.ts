// What fields of a prepared folder are called in the data set. In the files each owner has a table, and two tables may have a column of
// one name; a model, its configuration and the events that it is asked with know fields by their names alone.
import type { FieldOwner, ReportEntry } from '@difsr/data';
import type { Manifest, ManifestField } from './manifest.js';

/** A field by its name in the data set. */
export interface NamedField extends ManifestField {
  /** Its name in the files. */
  readonly column: string;
}

/** Keys of an event beside its fields. */
const EVENT_KEYS: ReadonlySet<string> = new Set(['item', 'time']);
/** How columns that are made of times begin. */
const OF_TIMES = 'time.';

/**
 * The fields of a folder in their order. Of those of one name that of items keeps it; that of interactions is called
 * `interaction_NAME`, that of users `user_NAME`, with a number behind where there is one of that name, too. So is a field of
 * interactions that is called like a key of events or like a column that is made of times.
 */
export function namedFields({ fields }: Pick<Manifest, 'fields'>): NamedField[] {
  const taken = new Set(fields.map(({ name }) => name));
  return fields.map((field): NamedField => {
    const { name: column, owner } = field;
    if (reasonFor(field, fields) === undefined) return { ...field, column };
    let name = `${owner}_${column}`;
    for (let next = 2; taken.has(name); next++) name = `${owner}_${column}_${next}`;
    taken.add(name);
    return { ...field, name, column };
  });
}

/** What is said of fields that have another name than in the files. */
export function reportNames(manifest: Pick<Manifest, 'fields'>): ReportEntry[] {
  return namedFields(manifest).flatMap(({ name, column, owner }): ReportEntry[] => {
    const why = reasonFor({ name: column, owner }, manifest.fields);
    if (why === undefined) return [];
    return [{ kind: 'noted', what: `field "${column}" of ${owner}s is called ${name} here`, count: 0, why }];
  });
}

/** Why a field cannot have its name, if it cannot. */
function reasonFor(
  { name, owner }: Pick<ManifestField, 'name' | 'owner'>,
  fields: readonly ManifestField[],
): string | undefined {
  if (owner === 'item') return undefined;
  const others = fields.filter((other) => other.name === name && other.owner !== owner).map((other) => other.owner);
  if (others.length > 0) {
    const words = (['item', 'interaction', 'user'] satisfies FieldOwner[]).filter((other) => others.includes(other));
    return `${words.map((word) => `${word}s`).join(' and ')} have one of that name`;
  }
  if (owner !== 'interaction') return undefined;
  if (EVENT_KEYS.has(name)) return `"${name}" of an event is its ${name} itself`;
  return name.startsWith(OF_TIMES)
    ? `names that begin with "${OF_TIMES}" are those of columns made of times`
    : undefined;
}
