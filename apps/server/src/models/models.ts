// The version that answers, and the swap: a new one is opened beside it, tried, and takes its place; the old one goes when nobody holds it.
import { RequestError, reasonOf } from '../errors.js';
import type { ModelsConfig } from '../config/types.js';
import { currentFolder, kindOf } from './pointer.js';
import { HeldVersion, openVersion, type Version } from './version.js';

/** A version that was not taken, and why. */
export interface Refused {
  /** Its folder, or the pointer where that names none. */
  readonly version: string;
  readonly reason: string;
}

/** What is told of versions. */
export interface ModelsObserver {
  /** A version is open and will answer next. What this throws refuses it. */
  readonly opened?: (version: Version) => Promise<void>;
  /** A version answers from now on. */
  readonly swapped?: (version: string, before: string | undefined) => void;
  /** A version was refused, the one before goes on. Told once for each reason. */
  readonly refused?: (refused: Refused) => void;
  /** A version was freed. */
  readonly freed?: (version: string) => void;
}

/** Longest time in milliseconds until a refused version is tried again: its folder may still have been copied. */
const LONGEST_WAIT = 60_000;

/** The versions of one model, of which one answers. */
export class Models implements AsyncDisposable {
  readonly #path: string;
  readonly #config: ModelsConfig;
  readonly #observer: ModelsObserver;
  #current: HeldVersion;
  #folder: string;
  #refused: (Refused & { readonly again: number; readonly wait: number }) | undefined;
  /** Versions that were given up and are not freed yet. */
  readonly #leaving = new Set<Promise<void>>();
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(path: string, config: ModelsConfig, observer: ModelsObserver, folder: string, first: Version) {
    this.#path = path;
    this.#config = config;
    this.#observer = observer;
    this.#folder = folder;
    this.#current = new HeldVersion(first);
  }

  /**
   * Opens a run folder, or a folder of versions, whose pointer is looked at from then on.
   *
   * @throws VersionError where there is no version, or it does not answer; RunError where its files are no run
   * @example
   * ```ts
   * const models = await Models.open('versions', serverConfig().models);
   * const answer = await models.use(({ recommender }) => recommender.recommend(['B004'], { k: 10 }));
   * await models.close();
   * ```
   */
  static async open(path: string, config: ModelsConfig, observer: ModelsObserver = {}): Promise<Models> {
    const kind = await kindOf(path);
    const folder = kind === 'run' ? path : await currentFolder(path);
    const models = new Models(path, config, observer, folder, await tried(folder, config, observer));
    observer.swapped?.(models.current, undefined);
    if (kind === 'versions') models.#poll();
    return models;
  }

  /** The name of the version that answers. */
  get current(): string {
    return this.#current.version.name;
  }

  /** The version that was refused last, while the pointer names it. */
  get refused(): Refused | undefined {
    return this.#refused === undefined ? undefined : { version: this.#refused.version, reason: this.#refused.reason };
  }

  /**
   * Runs work with the version that answers now: it stays open until the work is done, whatever takes its place.
   *
   * @throws RequestError `unavailable` where the server ends; whatever the work throws
   */
  use<T>(work: (version: Version) => Promise<T>): Promise<T> {
    if (this.#closed)
      return Promise.reject(new RequestError('unavailable', { what: 'the server ends', cure: 'ask another one' }));
    return this.#current.hold(work);
  }

  /** Looks at the pointer now. Resolves when what it names answers, or was refused. */
  refresh(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  /** Waits for the requests that hold a version, and frees all. */
  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      clearTimeout(this.#timer);
      await this.#looking;
      this.#leave(this.#current);
    }
    await Promise.all(this.#leaving);
  }

  /** As {@link Models.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #poll(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.refresh().finally(() => this.#poll()), this.#config.poll * 1000);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    if (this.#closed || (await kindOf(this.#path).catch(() => 'versions')) === 'run') return;
    let folder = this.#path;
    try {
      folder = await currentFolder(this.#path);
      if (folder === this.#folder) {
        this.#refused = undefined;
        return;
      }
      if (this.#refused?.version === folder && Date.now() < this.#refused.again) return;
      this.#take(folder, await tried(folder, this.#config, this.#observer));
    } catch (error) {
      this.#refuse(folder, reasonOf(error));
    }
  }

  #take(folder: string, version: Version): void {
    const before = this.#current;
    this.#current = new HeldVersion(version);
    this.#folder = folder;
    this.#refused = undefined;
    this.#leave(before);
    this.#observer.swapped?.(version.name, before.version.name);
  }

  #refuse(version: string, reason: string): void {
    const known = this.#refused?.version === version && this.#refused.reason === reason ? this.#refused : undefined;
    const wait = known === undefined ? this.#config.poll * 1000 : Math.min(2 * known.wait, LONGEST_WAIT);
    this.#refused = { version, reason, wait, again: Date.now() + wait };
    if (known === undefined) this.#observer.refused?.({ version, reason });
  }

  #leave(held: HeldVersion): void {
    const { name } = held.version;
    const leaving = held
      .giveUp()
      .then(() => this.#observer.freed?.(name))
      // A model that cannot be freed is no reason to end: the one that answers is another.
      .catch((error: unknown) => this.#observer.refused?.({ version: name, reason: reasonOf(error) }))
      .finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }
}

/** A version that may answer, or nothing of it is left. */
async function tried(folder: string, config: ModelsConfig, { opened }: ModelsObserver): Promise<Version> {
  const version = await openVersion(folder, config);
  try {
    await opened?.(version);
    return version;
  } catch (error) {
    await version.recommender.dispose();
    throw error;
  }
}
