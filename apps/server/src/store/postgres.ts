// A store in PostgreSQL. Appends take a lock of their own, so that places are seen in the order in which they are given: whoever reads on from a
// place misses nothing that was committed later with a smaller one.
import { importOptional } from '@difsr/errors/packages';
import type { Pool, PoolClient } from 'pg';
import { StoreError, reasonOf } from '../errors.js';
import { PART, plainState, type EventStore, type ItemState } from './event-store.js';
import { closedError, freshOnes, Gatherer, storeError } from './gather.js';
import { columnsOf, placedOf, recordOf, stateOf } from './rows.js';

/** Milliseconds after which a connection is given up, and a statement is. */
const PATIENCE = 5000;
/** Of the advisory locks: any number that nobody else has. */
const LOCK = 0x64696673;

const tables = (schema: string): string => `
create schema if not exists ${schema};
create table if not exists ${schema}.events (
  place bigint generated always as identity primary key,
  id text unique,
  "user" text not null,
  item text not null,
  time double precision not null,
  type text,
  "values" text
);
create index if not exists events_of_user on ${schema}.events ("user", time, place);
create table if not exists ${schema}.items (item text primary key, state text not null);
`;

/**
 * Opens a store in PostgreSQL.
 *
 * @param schema of its tables, lower case; made where it is not there
 * @throws StoreError where nobody answers; MissingPackageError where pg is not installed
 */
export async function openPostgresStore(url: string, schema: string): Promise<EventStore> {
  const wanted = { packages: ['pg'], use: 'a store in PostgreSQL', from: import.meta.url };
  const { default: pg } = await importOptional(() => import('pg'), wanted);
  const pool = new pg.Pool({
    connectionString: url,
    connectionTimeoutMillis: PATIENCE,
    statement_timeout: PATIENCE,
    allowExitOnIdle: true,
  });
  // A connection that breaks while it is idle is replaced; what is asked of a broken server fails by itself.
  pool.on('error', () => undefined);
  try {
    // Two servers that start together would both make the tables.
    await transaction(pool, `${schema}.tables`, async (client) => void (await client.query(tables(schema))));
  } catch (error) {
    await pool.end();
    throw new StoreError(
      {
        where: 'store postgres',
        what: `cannot be opened (${reasonOf(error)})`,
        cure: 'look at store.url, whether the server runs, and whether the user may make a schema',
      },
      { cause: error },
    );
  }
  return postgresStore(pool, schema);
}

/** Work in one transaction, one at a time of all that have the same name. */
async function transaction<T>(pool: Pool, name: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1, hashtext($2))', [LOCK, name]);
    const done = await work(client);
    await client.query('commit');
    client.release();
    return done;
  } catch (error) {
    // A connection that cannot even roll back is thrown away.
    const broken = await client.query('rollback').then(
      () => false,
      () => true,
    );
    client.release(broken);
    throw error;
  }
}

function postgresStore(pool: Pool, schema: string): EventStore {
  let closed = false;
  const columns = 'place, id, "user", item, time, type, "values"';
  const asked = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    if (closed) throw closedError('postgres');
    try {
      return await work();
    } catch (error) {
      throw storeError('postgres', what, error);
    }
  };
  const gatherer = new Gatherer('postgres', async (events) => {
    const rows = events.map(columnsOf);
    const lists = [0, 1, 2, 3, 4, 5].map((column) => rows.map((row) => row[column]));
    const { rows: kept } = await transaction(pool, `${schema}.events`, (client) =>
      client.query(
        `insert into ${schema}.events (id, "user", item, time, type, "values")
         select id, "user", item, time, type, "values"
         from unnest($1::text[], $2::text[], $3::text[], $4::double precision[], $5::text[], $6::text[])
           with ordinality as given (id, "user", item, time, type, "values", at)
         order by at
         on conflict (id) do nothing returning id`,
        lists,
      ),
    );
    return freshOnes(
      events,
      kept.flatMap((row: unknown) => {
        const { id } = recordOf(row);
        return typeof id === 'string' ? [id] : [];
      }),
    );
  });
  return {
    kind: 'postgres',
    append: (events) => gatherer.append(events),
    history: (user, limit) =>
      asked('did not find the history', async () => {
        const { rows } = await pool.query(
          `select ${columns} from ${schema}.events where "user" = $1 order by time desc, place desc limit $2`,
          [user, limit],
        );
        return rows.map((row: unknown) => placedOf(row).event).toReversed();
      }),
    forget: (user) =>
      asked('did not forget the user', async () => {
        const { rowCount } = await pool.query(`delete from ${schema}.events where "user" = $1`, [user]);
        return rowCount ?? 0;
      }),
    setItem: (item, state) =>
      asked('did not keep the state of the item', async () => {
        const plain = plainState(state);
        if (plain === undefined) await pool.query(`delete from ${schema}.items where item = $1`, [item]);
        else
          await pool.query(
            `insert into ${schema}.items (item, state) values ($1, $2) on conflict (item) do update set state = excluded.state`,
            [item, JSON.stringify(plain)],
          );
      }),
    items: () =>
      asked('did not find the states of items', async () => {
        const { rows } = await pool.query(`select item, state from ${schema}.items`);
        return new Map(
          rows.map(recordOf).map(({ item, state }): [string, ItemState] => [String(item), stateOf(state)]),
        );
      }),
    events: async function* (after) {
      const last = await asked('did not find the events', async () => {
        const { rows } = await pool.query(`select coalesce(max(place), 0) as last from ${schema}.events`);
        return recordOf(rows[0])['last'];
      });
      for (let at = after; ;) {
        const from = at;
        // Each part begins where the one before ended.
        const found = await asked('did not find the events', async () => {
          const { rows } = await pool.query(
            `select ${columns} from ${schema}.events where place > $1 and place <= $2 order by place limit $3`,
            [from, last, PART],
          );
          return rows.map(placedOf);
        });
        yield* found;
        at = found.at(-1)?.place ?? at;
        if (found.length < PART) return;
      }
    },
    ping: () => asked('does not answer', async () => void (await pool.query('select 1'))),
    close: async () => {
      await gatherer.close();
      if (closed) return;
      closed = true;
      await pool.end();
    },
  };
}
