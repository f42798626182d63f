// What is written down for everybody to read must not hold passwords: dataset.json carries the description, and a data set is handed on.
import type { Description, SourceSpec } from '../description/types.js';

/** What stands in the place of a password. */
const HIDDEN = '***';

/**
 * A description without the passwords of its connections, in either form of a connection string.
 *
 * @example
 * withoutPassword('host=db user=shop password=secret'); // 'host=db user=shop password=***'
 * withoutPassword('postgres://shop:secret@db/sales'); // 'postgres://shop:***@db/sales'
 */
export function withoutPassword(connection: string): string {
  return connection
    .replace(/(\bpassword\s*=\s*)('(?:[^'\\]|\\.)*'?|\S+)/gi, `$1${HIDDEN}`)
    .replace(/^(\w+:\/\/[^:@/]*):.*@/, `$1:${HIDDEN}@`);
}

/** The description as it may be handed on. */
export function withoutSecrets(description: Description): Description {
  const clean = <S extends SourceSpec>(source: S): S =>
    source.connection === undefined ? source : { ...source, connection: withoutPassword(source.connection) };
  const { interactions, items, users } = description;
  return {
    ...description,
    interactions: clean(interactions),
    ...(items === undefined ? {} : { items: clean(items) }),
    ...(users === undefined ? {} : { users: clean(users) }),
  };
}
