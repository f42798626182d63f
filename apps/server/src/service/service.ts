// What a request means: which history, which items must not be shown, which version answers.
import { given } from '@difsr/errors';
import { UsageError, RunError, type Recommendations, type RecommendSettings } from '@difsr/library';
import type { EventValue, Explanation, HistoryEvent, Where } from '@difsr/models';
import type { Limits } from '../config/types.js';
import { RequestError } from '../errors.js';
import type { Models } from '../models/models.js';
import type { Version } from '../models/version.js';
import type { Appended, EventStore, ItemState, ShopEvent } from '../store/event-store.js';
import { Availability } from './availability.js';
import { keptHistory } from './kept-history.js';
import type { CompiledRules } from './rules.js';

/** What every answer of a model has beside it: the version that gave it. */
export interface Answered {
  /** Every id of the answer is of this version's vocabulary. */
  readonly model: string;
}

/** A request for recommendations. */
export interface Wanted {
  readonly k?: number | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly only?: readonly string[] | undefined;
  readonly where?: Where | undefined;
  readonly includeSeen?: boolean | undefined;
  readonly includeNew?: boolean | undefined;
  readonly user?: Readonly<Record<string, EventValue>> | undefined;
}

/** The same for a history. */
export interface WantedAfter extends Wanted {
  readonly history: readonly (string | HistoryEvent)[];
}

/** Items of an answer where a request does not say how many. */
const USUAL = 20;

/** What the service is made of. */
export interface ServiceParts {
  readonly models: Models;
  readonly store: EventStore;
  /** Of every version that answers. */
  readonly rulesOf: WeakMap<Version, CompiledRules>;
  /** Ids that are never shown. */
  readonly never: readonly string[];
  readonly limits: Limits;
  /** Seconds until the states of items are read again. */
  readonly refresh: number;
}

/** Answers requests, whatever they came by. */
export class Service {
  readonly #parts: ServiceParts;
  readonly #availability: Availability;

  private constructor(parts: ServiceParts, availability: Availability) {
    this.#parts = parts;
    this.#availability = availability;
  }

  /** Reads what the store says of items. @throws StoreError where it does not answer */
  static async open(parts: ServiceParts): Promise<Service> {
    return new Service(parts, await Availability.open(parts.store, parts.refresh));
  }

  /** Recommendations after a history. @throws RequestError for what cannot be used */
  recommend(wanted: WantedAfter): Promise<Recommendations & Answered> {
    return this.#parts.models.use((version) => this.#recommend(version, wanted));
  }

  /** The same for several, all by one version. @throws RequestError, which names the request */
  recommendBatch(
    requests: readonly WantedAfter[],
  ): Promise<{ readonly answers: readonly Recommendations[] } & Answered> {
    return this.#parts.models.use(async (version) => {
      // All have ended before the version is let go, also where one of them fails.
      const settled = await Promise.allSettled(requests.map((wanted) => this.#recommend(version, wanted)));
      const answers = settled.map((each, at) => {
        if (each.status === 'fulfilled') {
          const { model: _, ...answer } = each.value;
          return answer;
        }
        throw inRequest(at, each.reason);
      });
      return { answers, model: version.name };
    });
  }

  /** Recommendations for a user of whom the store has events; popular items where it has none. */
  recommendFor(user: string, wanted: Wanted): Promise<Recommendations & Answered> {
    return this.#parts.models.use(async (version) => {
      const events = await this.#parts.store.history(user, this.#parts.limits.history);
      return this.#recommend(version, { ...wanted, history: keptHistory(events, version.run) });
    });
  }

  /** Items like another one. @throws RequestError `not-found` for an item that the model does not know */
  similar(
    item: string,
    { k }: { readonly k?: number | undefined },
  ): Promise<Pick<Recommendations, 'items'> & Answered> {
    return this.#parts.models.use(async (version) => {
      if (!version.knows(item)) throw unknownItem('not-found', item, version);
      const exclude = this.#notShown();
      const { items } = await this.#rulesOf(version).capped(k ?? USUAL, async (most) => ({
        ...(await usable(() => version.recommender.similar(item, { k: most, exclude }))),
        popular: false,
      }));
      return { items, model: version.name };
    });
  }

  /** What decided a recommendation. @throws RequestError for what cannot be used */
  explain(
    history: readonly (string | HistoryEvent)[],
    options: { readonly item?: string | undefined; readonly user?: Wanted['user'] },
  ): Promise<Explanation & Answered> {
    return this.#parts.models.use(async (version) => ({
      ...(await usable(() => version.recommender.explain(history, given(options)))),
      model: version.name,
    }));
  }

  /** Keeps events. @throws StoreError where they could not be kept */
  append(events: readonly ShopEvent[]): Promise<Appended> {
    return this.#parts.store.append(events);
  }

  /** Removes all events of a user. */
  async forget(user: string): Promise<void> {
    await this.#parts.store.forget(user);
  }

  /**
   * Says what an item is from now on.
   *
   * @throws RequestError `conflict` for an item that the model does not know: of what is not in its vocabulary it can say nothing
   */
  setItem(item: string, state: ItemState): Promise<Answered> {
    return this.#parts.models.use(async (version) => {
      if (!version.knows(item)) throw unknownItem('conflict', item, version);
      await this.#availability.set(item, state);
      return { model: version.name };
    });
  }

  /** Ends what it does beside requests. */
  close(): void {
    this.#availability.close();
  }

  #rulesOf(version: Version): CompiledRules {
    const rules = this.#parts.rulesOf.get(version);
    if (rules === undefined) throw new TypeError(`no rules were read for ${version.name}`);
    return rules;
  }

  #notShown(more: readonly string[] = []): string[] {
    return [...more, ...this.#parts.never, ...this.#availability.notShown()];
  }

  async #recommend(
    version: Version,
    { history, k = USUAL, exclude, ...wanted }: WantedAfter,
  ): Promise<Recommendations & Answered> {
    const settings: RecommendSettings = { ...wanted, exclude: this.#notShown(exclude) };
    const answer = await this.#rulesOf(version).best(k, (most) =>
      usable(() => version.recommender.recommend(history, { ...settings, k: most })),
    );
    return { ...answer, model: version.name };
  }
}

/** What the library refuses is a mistake of whoever asked: it says what, where and the cure. */
async function usable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RunError || error instanceof UsageError)
      throw new RequestError('unusable', error.faults, { cause: error });
    throw error;
  }
}

function inRequest(at: number, error: unknown): unknown {
  if (!(error instanceof RequestError)) return error;
  const faults = error.faults.map((fault) => ({
    ...fault,
    option: fault.option === undefined ? `requests.${at}` : `requests.${at}.${fault.option}`,
  }));
  return new RequestError(error.code, faults, { cause: error });
}

function unknownItem(code: 'not-found' | 'conflict', item: string, { name }: Version): RequestError {
  return new RequestError(code, {
    option: 'id',
    what: `the model ${name} does not know the item ${JSON.stringify(item)}`,
    cure:
      code === 'conflict'
        ? 'train a version that has it: attributes of new items cannot be given yet'
        : 'give the id of an item that the data had',
  });
}
