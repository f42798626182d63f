// A store in one file. Writes are synchronous and short: what arrives while one is flushed to the disk is kept by the next one, together.
import Database from 'libsql';
import { StoreError, reasonOf } from '../errors.js';
import { PART, plainState, type EventStore } from './event-store.js';
import { closedError, Gatherer, storeError } from './gather.js';
import { columnsOf, placedOf, recordOf, stateOf } from './rows.js';

/** Milliseconds that another process's transaction on the same file is waited for. */
const PATIENCE = 5000;
/** Of the tables below; a file of a later version is refused. */
const VERSION = 1;

const TABLES = `
create table if not exists events (
  place integer primary key autoincrement,
  id text unique,
  user text not null,
  item text not null,
  time real not null,
  type text,
  "values" text
) strict;
create index if not exists events_of_user on events (user, time, place);
create table if not exists items (item text primary key, state text not null) strict;
pragma user_version = ${VERSION};
`;

/**
 * Opens a store in a file, which is made where it is not there. Several processes may have it open.
 *
 * @throws StoreError where the file cannot be opened or is something else
 * @example
 * ```ts
 * const store = openSqliteStore('events.db');
 * await store.append([{ id: 'order-17', user: 'u1', item: 'B004', time: 1_700_000_000 }]);
 * await store.close();
 * ```
 */
export function openSqliteStore(path: string): EventStore {
  const db = openFile(path);
  const insert = db.prepare(
    'insert into events (id, user, item, time, type, "values") values (?, ?, ?, ?, ?, ?) on conflict (id) do nothing',
  );
  const latest = db.prepare(
    'select place, id, user, item, time, type, "values" from events where user = ? order by time desc, place desc limit ?',
  );
  const part = db.prepare(
    'select place, id, user, item, time, type, "values" from events where place > ? and place <= ? order by place limit ?',
  );
  const transaction = <T>(work: () => T): T => {
    // Immediate: to begin as a reader and write later fails where another process writes in between.
    db.exec('begin immediate');
    try {
      const done = work();
      db.exec('commit');
      return done;
    } catch (error) {
      if (db.inTransaction) db.exec('rollback');
      throw error;
    }
  };
  const asked = async <T>(what: string, work: () => T): Promise<T> => {
    if (!db.open) throw closedError('sqlite');
    try {
      return work();
    } catch (error) {
      throw storeError('sqlite', what, error);
    }
  };
  const gatherer = new Gatherer('sqlite', async (events) =>
    transaction(() => events.map((event) => insert.run(...columnsOf(event)).changes === 1)),
  );
  return {
    kind: 'sqlite',
    append: (events) => gatherer.append(events),
    history: (user, limit) =>
      asked('did not find the history', () =>
        latest
          .all(user, limit)
          .map((row) => placedOf(row).event)
          .toReversed(),
      ),
    forget: (user) =>
      asked('did not forget the user', () =>
        transaction(() => db.prepare('delete from events where user = ?').run(user).changes),
      ),
    setItem: (item, state) =>
      asked('did not keep the state of the item', () => {
        const plain = plainState(state);
        if (plain === undefined) db.prepare('delete from items where item = ?').run(item);
        else
          db.prepare(
            'insert into items (item, state) values (?, ?) on conflict (item) do update set state = excluded.state',
          ).run(item, JSON.stringify(plain));
      }),
    items: () =>
      asked('did not find the states of items', () => {
        const rows = db.prepare('select item, state from items').all().map(recordOf);
        return new Map(rows.map(({ item, state }) => [String(item), stateOf(state)]));
      }),
    events: async function* (after) {
      const { last } = recordOf(db.prepare('select coalesce(max(place), 0) as last from events').get());
      for (let at = after; ;) {
        const from = at;
        // Each part begins where the one before ended.
        const rows = await asked('did not find the events', () => part.all(from, Number(last), PART).map(placedOf));
        yield* rows;
        at = rows.at(-1)?.place ?? at;
        if (rows.length < PART) return;
      }
    },
    ping: () => asked('does not answer', () => void db.prepare('select 1').get()),
    close: async () => {
      await gatherer.close();
      if (db.open) db.close();
    },
  };
}

function openFile(path: string): Database.Database {
  try {
    const db = new Database(path, { timeout: PATIENCE });
    // A reader never waits for a writer; FULL: what is committed outlives a loss of power, not only of the process;
    // secure_delete: what is forgotten is overwritten.
    db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on;');
    const { user_version: version } = recordOf(db.prepare('pragma user_version').get());
    if (Number(version) > VERSION)
      throw new StoreError({
        where: path,
        what: `is of version ${Number(version)}; this server reads up to ${VERSION}`,
        cure: 'update @difsr/server',
      });
    db.exec(TABLES);
    return db;
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(
      {
        where: path,
        what: `cannot be opened as a store (${reasonOf(error)})`,
        cure: 'name a file in a folder that exists and can be written',
      },
      { cause: error },
    );
  }
}
