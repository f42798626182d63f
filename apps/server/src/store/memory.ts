// A store in the memory of the process: for trying things out and for tests. What it keeps ends with the process.
import { plainState, type EventStore, type ItemState, type PlacedEvent, type ShopEvent } from './event-store.js';
import { closedError, Gatherer } from './gather.js';

/**
 * Keeps events in memory.
 *
 * @example
 * ```ts
 * const store = openMemoryStore();
 * await store.append([{ user: 'u1', item: 'B004', time: 1_700_000_000 }]);
 * await store.history('u1', 10); // [{ user: 'u1', item: 'B004', time: 1700000000 }]
 * ```
 */
export function openMemoryStore(): EventStore {
  let placed: PlacedEvent[] = [];
  let last = 0;
  let closed = false;
  const ids = new Set<string>();
  const users = new Map<string, PlacedEvent[]>();
  const states = new Map<string, ItemState>();
  const requireOpen = (): void => {
    if (closed) throw closedError('memory');
  };
  const keep = (event: ShopEvent): boolean => {
    if (event.id !== undefined && ids.has(event.id)) return false;
    if (event.id !== undefined) ids.add(event.id);
    const entry = { place: ++last, event };
    placed.push(entry);
    const own = users.get(event.user) ?? [];
    users.set(event.user, own);
    // Almost always the last place: events come in the order of time.
    let at = own.length;
    while (at > 0 && (own[at - 1]?.event.time ?? 0) > event.time) at--;
    own.splice(at, 0, entry);
    return true;
  };
  const gatherer = new Gatherer('memory', async (events) => events.map(keep));
  return {
    kind: 'memory',
    append: (events) => gatherer.append(events),
    history: async (user, limit) => {
      requireOpen();
      return limit === 0 ? [] : (users.get(user) ?? []).slice(-limit).map(({ event }) => event);
    },
    forget: async (user) => {
      requireOpen();
      const own = users.get(user) ?? [];
      for (const { event } of own) if (event.id !== undefined) ids.delete(event.id);
      users.delete(user);
      placed = placed.filter(({ event }) => event.user !== user);
      return own.length;
    },
    setItem: async (item, state) => {
      requireOpen();
      const plain = plainState(state);
      if (plain === undefined) states.delete(item);
      else states.set(item, plain);
    },
    items: async () => {
      requireOpen();
      return new Map(states);
    },
    events: async function* (after) {
      requireOpen();
      const end = last;
      yield* placed.filter(({ place }) => place > after && place <= end);
    },
    ping: async () => requireOpen(),
    close: async () => {
      await gatherer.close();
      closed = true;
    },
  };
}
