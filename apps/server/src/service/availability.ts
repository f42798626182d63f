// Which items must not be shown now, by what a shop said of them.
import type { EventStore, ItemState } from '../store/event-store.js';

/** Whether an item may be shown at a moment, in seconds since 1970. */
export function isShown({ hidden = false, availableFrom, availableUntil }: ItemState, now: number): boolean {
  return (
    !hidden &&
    (availableFrom === undefined || now >= availableFrom) &&
    (availableUntil === undefined || now < availableUntil)
  );
}

/**
 * The items that a store says are not to be shown. What this server is told counts at once, what another one was told when it is read again.
 *
 * @example
 * ```ts
 * const availability = await Availability.open(store, 5);
 * await availability.set('B004', { hidden: true });
 * availability.notShown(); // ['B004']
 * ```
 */
export class Availability {
  readonly #store: EventStore;
  readonly #refresh: number;
  readonly #now: () => number;
  #states: Map<string, ItemState>;
  /** What is not shown, up to the moment when the next item comes or goes. */
  #known: { readonly ids: readonly string[]; readonly until: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** Counts what was set, so that an answer that was on its way meanwhile does not undo it. */
  #sets = 0;

  private constructor(store: EventStore, refresh: number, now: () => number, states: ReadonlyMap<string, ItemState>) {
    this.#store = store;
    this.#refresh = refresh;
    this.#now = now;
    this.#states = new Map(states);
  }

  /**
   * @param refresh seconds until the store is read again
   * @param now seconds since 1970
   */
  static async open(
    store: EventStore,
    refresh: number,
    now: () => number = () => Date.now() / 1000,
  ): Promise<Availability> {
    const availability = new Availability(store, refresh, now, await store.items());
    availability.#poll();
    return availability;
  }

  /** Ids that must not be shown now. */
  notShown(): readonly string[] {
    const now = this.#now();
    if (this.#known === undefined || now >= this.#known.until) {
      const states = [...this.#states];
      const turns = states.flatMap(([, { availableFrom, availableUntil }]) => [
        availableFrom ?? 0,
        availableUntil ?? 0,
      ]);
      this.#known = {
        ids: states.flatMap(([id, state]) => (isShown(state, now) ? [] : [id])),
        until: turns.reduce((next, turn) => (turn > now && turn < next ? turn : next), Infinity),
      };
    }
    return this.#known.ids;
  }

  /** Says what an item is from now on. */
  async set(item: string, state: ItemState): Promise<void> {
    await this.#store.setItem(item, state);
    this.#sets++;
    this.#states.set(item, state);
    this.#known = undefined;
  }

  /** Reads the store again. */
  async refresh(): Promise<void> {
    const before = this.#sets;
    const states = await this.#store.items();
    if (before !== this.#sets) return;
    this.#states = new Map(states);
    this.#known = undefined;
  }

  /** Ends the reading. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #poll(): void {
    if (this.#closed) return;
    // A store that does not answer is seen by /readyz; what was read last goes on.
    const again = (): void =>
      void this.refresh()
        .catch(() => undefined)
        .finally(() => this.#poll());
    this.#timer = setTimeout(again, this.#refresh * 1000);
    this.#timer.unref();
  }
}
