// What the server keeps: events of users, and what a shop says of its items. One interface, whatever keeps it.
import type { EventValue } from '@difsr/models';

/** What a user did with an item. */
export interface ShopEvent {
  /** By which an event that is sent twice is known. Without one, each counts. */
  readonly id?: string | undefined;
  readonly user: string;
  readonly item: string;
  /** Seconds since 1970. */
  readonly time: number;
  /** What was done, as the shop calls it. */
  readonly type?: string | undefined;
  /** Values of the data's fields of interactions by their names. */
  readonly values?: Readonly<Record<string, EventValue>> | undefined;
}

/** An event, and its place among all. */
export interface PlacedEvent {
  /** Grows with each event that is kept: what {@link EventStore.events} goes on from. */
  readonly place: number;
  readonly event: ShopEvent;
}

/** What became of events that were appended, in numbers. */
export interface Appended {
  readonly accepted: number;
  /** Events whose `id` the store had already. */
  readonly duplicates: number;
}

/** What a shop says of an item: nothing of it is in the model. Times in seconds since 1970. */
export interface ItemState {
  /** Never shown. */
  readonly hidden?: boolean | undefined;
  /** Not shown before. */
  readonly availableFrom?: number | undefined;
  /** Not shown from then on. */
  readonly availableUntil?: number | undefined;
}

/** Keeps events and items' states. Any number of calls may be made at once. */
export interface EventStore {
  /** What keeps them: `memory`, `sqlite`, .. */
  readonly kind: string;
  /**
   * Keeps events, all or none of them. Resolves when they are kept: a process that is killed afterwards loses none. Of events with the same `id` the
   * first one is kept, whoever sends the others. Calls that are made together are one transaction.
   *
   * @throws StoreError where they could not be kept
   */
  append(events: readonly ShopEvent[]): Promise<Appended>;
  /** The latest `limit` events of a user, oldest first; those of the same time in the order in which they came. */
  history(user: string, limit: number): Promise<readonly ShopEvent[]>;
  /** Removes all events of a user, their ids too. @returns how many there were */
  forget(user: string): Promise<number>;
  /** Says what an item is from now on; `{}` takes back what was said. */
  setItem(item: string, state: ItemState): Promise<void>;
  /** All items of which something is said, by their ids. */
  items(): Promise<ReadonlyMap<string, ItemState>>;
  /**
   * The events behind a place (0: all) up to those that were there when this was called, in the order in which they were kept. They are read in parts:
   * any number of them takes no more memory than a few thousand.
   */
  events(after: number): AsyncIterable<PlacedEvent>;
  /** @throws StoreError where the store does not answer */
  ping(): Promise<void>;
  /** Waits for what is under way, and frees what the store takes. */
  close(): Promise<void>;
}

/** Events that are read at once by {@link EventStore.events}. */
export const PART = 1000;

/** How a state is kept: without what it does not say; undefined where it says nothing. */
export function plainState({ hidden, availableFrom, availableUntil }: ItemState): ItemState | undefined {
  const state: ItemState = {
    ...(hidden === true ? { hidden } : {}),
    ...(availableFrom === undefined ? {} : { availableFrom }),
    ...(availableUntil === undefined ? {} : { availableUntil }),
  };
  return Object.keys(state).length === 0 ? undefined : state;
}
