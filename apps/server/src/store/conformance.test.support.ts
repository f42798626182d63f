// What every store must do, tested on each.
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { EventStore, PlacedEvent, ShopEvent } from './event-store.js';

/** How a store is opened in tests. */
export interface StoreUnderTest {
  /** Opens the store of a place; the same place has the same events. */
  readonly open: (place: string) => Promise<EventStore>;
  /** Whether events are there when it is opened again. */
  readonly lasting: boolean;
  /** Says why there is none here, or nothing. */
  readonly missing?: () => string | undefined;
}

const at = (time: number): number => 1_700_000_000 + time;
const event = (user: string, item: string, time: number, more: Partial<ShopEvent> = {}): ShopEvent => ({
  user,
  item,
  time: at(time),
  ...more,
});

async function allOf(store: EventStore, after = 0): Promise<PlacedEvent[]> {
  const found: PlacedEvent[] = [];
  for await (const each of store.events(after)) found.push(each);
  return found;
}

let places = 0;

/** The suite. */
export function testStore(name: string, { open, lasting, missing = () => undefined }: StoreUnderTest): void {
  describe(`store ${name}`, () => {
    const opened: EventStore[] = [];
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
    });
    const openAt = async (place: string): Promise<EventStore> => {
      const store = await open(place);
      opened.push(store);
      return store;
    };
    const fresh = (): Promise<EventStore> => openAt(`place${process.pid}_${places++}`);
    const test = (title: string, run: () => Promise<void>): void =>
      it(title, async ({ skip }) => {
        const reason = missing();
        skip(reason !== undefined, reason);
        await run();
      });

    test('gives a history by time, those of one time as they came, whoever else has events', async () => {
      const store = await fresh();
      await store.append([event('u', 'third', 3), event('u', 'first', 1), event('v', 'other', 2)]);
      await store.append([event('u', 'again', 3), event('u', 'second', 2.5)]);
      const items = (await store.history('u', 10)).map(({ item }) => item);
      expect(items).toEqual(['first', 'second', 'third', 'again']);
      expect((await store.history('u', 2)).map(({ item }) => item)).toEqual(['third', 'again']);
      expect(await store.history('u', 0)).toEqual([]);
      expect(await store.history('nobody', 5)).toEqual([]);
    });

    test('keeps everything of an event, whatever its letters', async () => {
      const store = await fresh();
      const odd = event("o'brien:{1} \u{1f600}", 'B "4" %_\\', 1.25, {
        id: 'é/1',
        type: 'view',
        values: { rating: 4.5, tags: ['a', 'ü'], at: null, ok: true, embedding: [0.1, -2e-7], note: 'x\u0000y' },
      });
      await store.append([odd]);
      expect(await store.history(odd.user, 5)).toEqual([odd]);
      expect((await allOf(store)).map((each) => each.event)).toEqual([odd]);
    });

    test('keeps an id once: in one append, in a later one, and in many at once', async () => {
      const store = await fresh();
      const one = event('u', 'B1', 1, { id: 'order-1' });
      expect(await store.append([one, one, event('u', 'B2', 2)])).toEqual({ accepted: 2, duplicates: 1 });
      expect(await store.append([{ ...one, item: 'B9' }, event('u', 'B2', 2)])).toEqual({ accepted: 1, duplicates: 1 });
      const twice = event('u', 'B3', 3, { id: 'order-2' });
      const many = await Promise.all(Array.from({ length: 20 }, () => store.append([twice])));
      expect(many.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(1);
      expect((await store.history('u', 10)).map(({ item }) => item)).toEqual(['B1', 'B2', 'B2', 'B3']);
      expect(await store.append([])).toEqual({ accepted: 0, duplicates: 0 });
    });

    test('forgets a user: events, export and ids', async () => {
      const store = await fresh();
      const own = event('u', 'B1', 1, { id: 'x' });
      await store.append([own, event('v', 'B2', 2, { id: 'y' }), event('u', 'B3', 3)]);
      expect(await store.forget('u')).toBe(2);
      expect(await store.forget('u')).toBe(0);
      expect(await store.history('u', 10)).toEqual([]);
      expect((await allOf(store)).map((each) => each.event.user)).toEqual(['v']);
      expect(await store.append([own, event('v', 'B2', 2, { id: 'y' })])).toEqual({ accepted: 1, duplicates: 1 });
    });

    test('keeps what is said of items, and takes it back', async () => {
      const store = await fresh();
      await store.setItem('B1', { hidden: true });
      await store.setItem('B2', { availableFrom: at(1), availableUntil: at(2.5) });
      await store.setItem('B3', { hidden: true });
      await store.setItem('B3', {});
      await store.setItem('B1', { hidden: true, availableFrom: at(5) });
      expect([...(await store.items())].toSorted()).toEqual([
        ['B1', { hidden: true, availableFrom: at(5) }],
        ['B2', { availableFrom: at(1), availableUntil: at(2.5) }],
      ]);
      await store.setItem('B1', { hidden: false });
      expect([...(await store.items()).keys()]).toEqual(['B2']);
    });

    test('exports from a place on, in parts, up to where it was when it was asked', async () => {
      const store = await fresh();
      const events = Array.from({ length: 2300 }, (_, i) => event(`u${i % 7}`, `B${i}`, 2300 - i));
      await store.append(events);
      const all = await allOf(store);
      expect(all.map((each) => each.event.item)).toEqual(events.map(({ item }) => item));
      expect(all.every(({ place }, i) => i === 0 || place > (all[i - 1]?.place ?? 0))).toBe(true);
      const middle = all[1499]?.place ?? 0;
      expect((await allOf(store, middle)).map((each) => each.event.item)).toEqual(
        events.slice(1500).map(({ item }) => item),
      );
      const seen: string[] = [];
      for await (const each of store.events(all[2290]?.place ?? 0)) {
        if (seen.length === 0) await store.append([event('late', 'late', 1)]);
        seen.push(each.event.item);
      }
      expect(seen).toHaveLength(9);
      expect((await allOf(store, all.at(-1)?.place)).map((each) => each.event.item)).toEqual(['late']);
    });

    test('answers, and when it is closed keeps what was appended and refuses the rest', async () => {
      const store = await fresh();
      await store.ping();
      const appended = store.append([event('u', 'B1', 1)]);
      const closed = store.close();
      expect(await appended).toEqual({ accepted: 1, duplicates: 0 });
      await closed;
      await store.close();
      await expect(store.append([event('u', 'B2', 2)])).rejects.toThrow('is closed');
      await expect(store.history('u', 1)).rejects.toThrow('is closed');
      await expect(store.ping()).rejects.toThrow('is closed');
    });

    if (!lasting) return;

    test('has everything when it is opened again', async () => {
      const place = `place${process.pid}_${places++}`;
      const first = await openAt(place);
      await first.append([event('u', 'B1', 1, { id: 'x' }), event('u', 'B2', 2)]);
      await first.setItem('B1', { hidden: true });
      const [, last] = await allOf(first);
      await first.close();
      const again = await openAt(place);
      expect((await again.history('u', 10)).map(({ item }) => item)).toEqual(['B1', 'B2']);
      expect([...(await again.items()).keys()]).toEqual(['B1']);
      expect(await again.append([event('u', 'B1', 1, { id: 'x' }), event('u', 'B3', 3)])).toEqual({
        accepted: 1,
        duplicates: 1,
      });
      expect((await allOf(again, last?.place)).map((each) => each.event.item)).toEqual(['B3']);
    });

    test('takes appends of two connections, each id once, and each sees what the other was told', async () => {
      const place = `place${process.pid}_${places++}`;
      const [one, two] = [await openAt(place), await openAt(place)];
      const ids = Array.from({ length: 60 }, (_, i) => i);
      const appended = await Promise.all(
        [one, two].flatMap((store) =>
          ids.map((i) => store.append([event('u', `B${i}`, i, { id: `id-${i}` }), event('w', `C${i}`, i)])),
        ),
      );
      expect(appended.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(60 + 120);
      expect((await two.history('u', 100)).map(({ item }) => item)).toEqual(ids.map((i) => `B${i}`));
      const all = await allOf(one);
      expect(new Set(all.map((each) => each.place)).size).toBe(180);
    });

    test('whoever reads on from the last place misses nothing of what others append meanwhile', async () => {
      const place = `place${process.pid}_${places++}`;
      const [one, two, reader] = [await openAt(place), await openAt(place), await openAt(place)];
      let writing = true;
      const write = async (store: EventStore, name: string): Promise<void> => {
        for (let i = 0; i < 25; i++)
          await store.append([event(name, `${name}${i}`, i), event(name, `${name}${i}+`, i)]);
      };
      const writers = Promise.all([write(one, 'a'), write(two, 'b')]).finally(() => (writing = false));
      const seen: string[] = [];
      let last = 0;
      const read = async (): Promise<void> => {
        for await (const each of reader.events(last)) {
          last = each.place;
          seen.push(each.event.item);
        }
      };
      while (writing) {
        await read();
        await setImmediate();
      }
      await writers;
      await read();
      expect(seen).toHaveLength(100);
      expect(new Set(seen).size).toBe(100);
    });
  });
}
