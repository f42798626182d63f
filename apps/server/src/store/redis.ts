// A store in Redis or Valkey. Each append is one script, so that an event is kept whole or not at all, whoever else writes.
import { importOptional } from '@difsr/errors/packages';
import type { Redis } from 'ioredis';
import { StoreError, reasonOf } from '../errors.js';
import { PART, plainState, type EventStore, type ItemState, type PlacedEvent, type ShopEvent } from './event-store.js';
import { closedError, Gatherer, storeError } from './gather.js';
import { recordOf, stateOf, valuesOf } from './rows.js';

/*
 * Keys, behind the prefix:
 *   :last         the place of the last event
 *   :events       hash, place -> the event as JSON
 *   :log          sorted set of places, by place
 *   :ids          hash, id of an event -> its place
 *   :user:USER    sorted set of places, by time; a place has 16 digits, so that events of one time stand in the order in which they came
 *   :items        hash, item -> its state as JSON
 */

/** ARGV: id ('' for none), user, time and event as JSON of each. Gives 1 or 0 for each. */
const APPEND = `
local prefix = KEYS[1]
local fresh = {}
for i = 1, #ARGV, 4 do
  local id, user, time, event = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  if id ~= '' and redis.call('HEXISTS', prefix .. ':ids', id) == 1 then
    fresh[#fresh + 1] = 0
  else
    local number = redis.call('INCR', prefix .. ':last')
    local place = string.format('%016d', number)
    redis.call('HSET', prefix .. ':events', place, event)
    redis.call('ZADD', prefix .. ':log', number, place)
    redis.call('ZADD', prefix .. ':user:' .. user, time, place)
    if id ~= '' then redis.call('HSET', prefix .. ':ids', id, place) end
    fresh[#fresh + 1] = 1
  end
end
return fresh
`;

/** ARGV: user. Gives the number of events. */
const FORGET = `
local prefix = KEYS[1]
local key = prefix .. ':user:' .. ARGV[1]
local places = redis.call('ZRANGE', key, 0, -1)
for _, place in ipairs(places) do
  local event = cjson.decode(redis.call('HGET', prefix .. ':events', place))
  if event.id then redis.call('HDEL', prefix .. ':ids', event.id) end
  redis.call('HDEL', prefix .. ':events', place)
  redis.call('ZREM', prefix .. ':log', place)
end
redis.call('DEL', key)
return #places
`;

/** Milliseconds after which a connection is given up, and a command is. */
const PATIENCE = 5000;

/**
 * Opens a store in Redis or Valkey.
 *
 * @param prefix what its keys begin with; braces in it keep them on one node of a cluster
 * @throws StoreError where nobody answers; MissingPackageError where ioredis is not installed
 */
export async function openRedisStore(url: string, prefix: string): Promise<EventStore> {
  const wanted = { packages: ['ioredis'], use: 'a store in Redis', from: import.meta.url };
  const { Redis: Client } = await importOptional(() => import('ioredis'), wanted);
  const redis = new Client(url, {
    lazyConnect: true,
    connectTimeout: PATIENCE,
    commandTimeout: PATIENCE,
    maxRetriesPerRequest: 1,
    // Of a script whose answer was lost nobody knows whether it ran: events without ids would be kept twice.
    autoResendUnfulfilledCommands: false,
  });
  // Commands say what is wrong; without a listener ioredis prints it.
  redis.on('error', () => undefined);
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    throw new StoreError(
      {
        where: 'store redis',
        what: `cannot be reached (${reasonOf(error)})`,
        cure: 'look at store.url, and whether the server runs',
      },
      { cause: error },
    );
  }
  return redisStore(redis, prefix);
}

function redisStore(redis: Redis, prefix: string): EventStore {
  let closed = false;
  const asked = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    if (closed) throw closedError('redis');
    try {
      return await work();
    } catch (error) {
      throw storeError('redis', what, error);
    }
  };
  const gatherer = new Gatherer('redis', async (events) => {
    const words = events.flatMap((event) => [event.id ?? '', event.user, String(event.time), JSON.stringify(event)]);
    const fresh: unknown = await redis.eval(APPEND, 1, prefix, ...words);
    if (!Array.isArray(fresh)) throw new TypeError('the script gave no list');
    return fresh.map((each: unknown) => Number(each) === 1);
  });
  const eventsAt = async (places: readonly string[]): Promise<PlacedEvent[]> => {
    if (places.length === 0) return [];
    const found = await redis.hmget(`${prefix}:events`, ...places);
    // One that was forgotten meanwhile is gone.
    return found.flatMap((json, i) => (json === null ? [] : [{ place: Number(places[i]), event: eventOf(json) }]));
  };
  return {
    kind: 'redis',
    append: (events) => gatherer.append(events),
    history: (user, limit) =>
      asked('did not find the history', async () => {
        if (limit === 0) return [];
        const places = await redis.zrange(`${prefix}:user:${user}`, String(-limit), '-1');
        return (await eventsAt(places)).map(({ event }) => event);
      }),
    forget: (user) => asked('did not forget the user', async () => Number(await redis.eval(FORGET, 1, prefix, user))),
    setItem: (item, state) =>
      asked('did not keep the state of the item', async () => {
        const plain = plainState(state);
        if (plain === undefined) await redis.hdel(`${prefix}:items`, item);
        else await redis.hset(`${prefix}:items`, item, JSON.stringify(plain));
      }),
    items: () =>
      asked('did not find the states of items', async () => {
        const found = Object.entries(await redis.hgetall(`${prefix}:items`));
        return new Map(found.map(([item, json]): [string, ItemState] => [item, stateOf(json)]));
      }),
    events: async function* (after) {
      const last = await asked('did not find the events', async () => Number((await redis.get(`${prefix}:last`)) ?? 0));
      for (let at = after; ;) {
        const from = at;
        // Each part begins where the one before ended.
        const places = await asked('did not find the events', () =>
          redis.zrangebyscore(`${prefix}:log`, `(${from}`, last, 'LIMIT', 0, PART),
        );
        yield* await asked('did not find the events', () => eventsAt(places));
        if (places.length < PART) return;
        at = Number(places.at(-1));
      }
    },
    ping: () => asked('does not answer', async () => void (await redis.ping())),
    close: async () => {
      await gatherer.close();
      if (closed) return;
      closed = true;
      await redis.quit().catch(() => redis.disconnect());
    },
  };
}

function eventOf(json: string): ShopEvent {
  const { id, user, item, time, type, values } = recordOf(JSON.parse(json));
  return {
    ...(typeof id === 'string' ? { id } : {}),
    user: String(user),
    item: String(item),
    time: Number(time),
    ...(typeof type === 'string' ? { type } : {}),
    ...(values === undefined ? {} : { values: valuesOf(JSON.stringify(values)) }),
  };
}
