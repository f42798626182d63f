// One version of a model, opened: what it knows, and who still holds it.
import { basename, resolve } from 'node:path';
import { openRecommender, type Run, type RunRecommender } from '@difsr/library';
import { VersionError } from '../errors.js';
import type { ModelsConfig } from '../config/types.js';

/** A version of a model that answers. */
export interface Version {
  /** The name of its folder. */
  readonly name: string;
  readonly run: Run;
  readonly recommender: RunRecommender;
  /** Whether an item is in its vocabulary. */
  knows(item: string): boolean;
}

/** A version with those who hold it: it is freed when it is given up and nobody does. */
export class HeldVersion {
  readonly version: Version;
  #holders = 0;
  #givenUp = false;
  #freed: () => void = () => undefined;
  readonly #end: Promise<void> = new Promise((freed) => (this.#freed = freed));

  constructor(version: Version) {
    this.version = version;
  }

  /** Requests that hold it now. */
  get holders(): number {
    return this.#holders;
  }

  /** Runs work that needs it. */
  async hold<T>(work: (version: Version) => Promise<T>): Promise<T> {
    this.#holders++;
    try {
      return await work(this.version);
    } finally {
      this.#holders--;
      this.#freeIfLeft();
    }
  }

  /** Gives it up. Resolves when nobody holds it any more and it is freed. */
  async giveUp(): Promise<void> {
    this.#givenUp = true;
    this.#freeIfLeft();
    await this.#end;
    await this.version.recommender.dispose();
  }

  #freeIfLeft(): void {
    if (this.#givenUp && this.#holders === 0) this.#freed();
  }
}

/**
 * Opens a run folder as a version, and asks it for a recommendation before anybody else does.
 *
 * @throws VersionError where it does not answer with items of its own; the errors of `openRecommender`
 */
export async function openVersion(folder: string, { device, threads }: ModelsConfig): Promise<Version> {
  const recommender = await openRecommender(folder, { device, threads });
  const { run } = recommender;
  const known = new Set(run.items.tokens.slice(1));
  const name = basename(resolve(folder));
  try {
    await smokeTest(name, recommender, known);
    return { name, run, recommender, knows: (item) => known.has(item) };
  } catch (error) {
    await recommender.dispose();
    throw error;
  }
}

/** A history of the version's own items must give items of its own, with scores that are numbers. */
async function smokeTest(name: string, { run, recommend }: RunRecommender, known: ReadonlySet<string>): Promise<void> {
  const most = run.items.counts.reduce((best, count, item) => (count > (run.items.counts[best] ?? 0) ? item : best), 1);
  const asked = run.items.tokens[most] ?? '';
  const { items, popular } = await recommend([asked], { k: Math.min(10, known.size), includeSeen: true });
  const wrong =
    (popular && 'with popular items, as if the item were unknown') ||
    (items.length === 0 && 'with nothing') ||
    (items.some(({ id }) => !known.has(id)) && 'with items that it does not know') ||
    (items.some(({ score }) => !Number.isFinite(score)) && 'with scores that are no numbers');
  if (wrong === false) return;
  throw new VersionError({
    where: name,
    what: `answers a history of its own item ${JSON.stringify(asked)} ${wrong}`,
    cure: 'train again, or put the version before back',
  });
}
