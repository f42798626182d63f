// When an item is shown, by a clock of the test.
import { expect, it } from 'vitest';
import { openMemoryStore } from '../store/memory.js';
import { Availability } from './availability.js';

it('items come and go by the clock, and what another server was told counts when the store is read', async () => {
  const store = openMemoryStore();
  await store.setItem('early', { availableUntil: 100 });
  await store.setItem('late', { availableFrom: 200 });
  await store.setItem('never', { hidden: true, availableFrom: 50 });
  let now = 0;
  const availability = await Availability.open(store, 3600, () => now);
  const at = (time: number): string[] => {
    now = time;
    return availability.notShown().toSorted();
  };
  expect(at(0)).toEqual(['late', 'never']);
  expect(at(99.9)).toEqual(['late', 'never']);
  expect(at(100)).toEqual(['early', 'late', 'never']);
  expect(at(200)).toEqual(['early', 'never']);
  await availability.set('never', {});
  expect(at(201)).toEqual(['early']);
  await store.setItem('other', { hidden: true });
  expect(at(202)).toEqual(['early']);
  await availability.refresh();
  expect(at(202)).toEqual(['early', 'other']);
  availability.close();
});

it('what is set while the store is read is not undone', async () => {
  const store = openMemoryStore();
  let letGo = (): void => undefined;
  const wait = new Promise<void>((resolve) => (letGo = resolve));
  let slow = false;
  const availability = await Availability.open(
    {
      ...store,
      items: async () => {
        const states = await store.items();
        if (slow) await wait;
        return states;
      },
    },
    3600,
  );
  slow = true;
  const refreshed = availability.refresh();
  await availability.set('B1', { hidden: true });
  letGo();
  await refreshed;
  expect(availability.notShown()).toEqual(['B1']);
  availability.close();
});
