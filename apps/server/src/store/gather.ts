// Group commit: appends that wait while another one is being kept are kept together, in one transaction.
import { StoreError, reasonOf } from '../errors.js';
import type { Appended, ShopEvent } from './event-store.js';

/** Keeps events in one transaction, all or none. @returns for each whether it is new */
export type Commit = (events: readonly ShopEvent[]) => Promise<readonly boolean[]>;

interface Waiting {
  readonly events: readonly ShopEvent[];
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: Error) => void;
}

/** Events that one transaction keeps at most; a single append may be larger. */
const MOST = 5000;

/**
 * Gathers appends.
 *
 * @example
 * ```ts
 * const gatherer = new Gatherer('sqlite', async (events) => insert(events));
 * await gatherer.append([{ user: 'u1', item: 'B004', time: 1_700_000_000 }]);
 * ```
 */
export class Gatherer {
  readonly #kind: string;
  readonly #commit: Commit;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #closed = false;

  /** @param kind of the store, for messages */
  constructor(kind: string, commit: Commit) {
    this.#kind = kind;
    this.#commit = commit;
  }

  /** Resolves when the events are kept. @throws StoreError where they are not */
  append(events: readonly ShopEvent[]): Promise<Appended> {
    if (this.#closed) return Promise.reject(closedError(this.#kind));
    if (events.length === 0) return Promise.resolve({ accepted: 0, duplicates: 0 });
    return new Promise((resolve, reject) => {
      this.#waiting.push({ events, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Waits for everything that was appended; nothing more is. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    // What arrives in the same turn of the event loop waits for this one.
    await new Promise((resolve) => setImmediate(resolve));
    for (let group = this.#next(); group.length > 0; group = this.#next()) {
      // One transaction after the other.
      await this.#keep(group);
    }
    this.#running = undefined;
  }

  #next(): readonly Waiting[] {
    let [size, count] = [0, 0];
    for (const { events } of this.#waiting) {
      if (count > 0 && size + events.length > MOST) break;
      size += events.length;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #keep(group: readonly Waiting[]): Promise<void> {
    try {
      const fresh = await this.#commit(group.flatMap(({ events }) => events));
      let at = 0;
      for (const { events, resolve } of group) {
        const accepted = fresh.slice(at, (at += events.length)).filter(Boolean).length;
        resolve({ accepted, duplicates: events.length - accepted });
      }
    } catch (error) {
      const failed = storeError(this.#kind, 'did not keep the events', error);
      for (const { reject } of group) reject(failed);
    }
  }
}

/** For each event whether it is the first one of its id among those that were kept now; `kept` are their ids. */
export function freshOnes(events: readonly ShopEvent[], kept: Iterable<string>): boolean[] {
  const left = new Set(kept);
  return events.map(({ id }) => id === undefined || left.delete(id));
}

/** The error of a store that failed. */
export function storeError(kind: string, what: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  return new StoreError(
    {
      where: `store ${kind}`,
      what: `${what}: ${reasonOf(cause)}`,
      cure: 'look after the store, and ask again: an event that has an id is kept once',
    },
    { cause },
  );
}

/** The error of a store that is closed. */
export function closedError(kind: string): StoreError {
  return new StoreError({ where: `store ${kind}`, what: 'is closed', cure: 'open it again' });
}
