// The configuration of a server, with everything filled in.
import type { FieldCondition } from '@difsr/models';

/** What keeps events and items' states. */
export type StoreConfig =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly path: string }
  | {
      readonly kind: 'redis';
      readonly url?: string | undefined;
      readonly urlFrom?: string | undefined;
      readonly prefix: string;
    }
  | {
      readonly kind: 'postgres';
      readonly url?: string | undefined;
      readonly urlFrom?: string | undefined;
      readonly schema: string;
    };

/** What a request may ask for at most. */
export interface Limits {
  readonly k: number;
  readonly batch: number;
  readonly history: number;
  readonly ids: number;
  readonly events: number;
  readonly body: number;
}

/** At most so many items of an answer have the same value of a field. */
export interface Cap {
  readonly field: string;
  readonly most: number;
}

/** What is added to the scores of some items. */
export interface Boost {
  readonly where: Readonly<Record<string, FieldCondition>>;
  readonly add: number;
}

/** What a shop wants of every answer. */
export interface Rules {
  readonly never: readonly string[];
  readonly caps: readonly Cap[];
  readonly boosts: readonly Boost[];
  readonly candidates: number;
}

/** How models are opened and looked after. */
export interface ModelsConfig {
  readonly poll: number;
  readonly device?: 'cpu' | 'cuda' | 'webgpu' | undefined;
  readonly threads?: number | undefined;
}

/** A server's configuration. Every key has a default. */
export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  readonly store: StoreConfig;
  readonly models: ModelsConfig;
  readonly keys: readonly string[];
  readonly keysFrom?: string | undefined;
  readonly cors: { readonly origins: readonly string[] };
  readonly limits: Limits;
  readonly rules: Rules;
  readonly items: { readonly refresh: number };
  readonly logs: {
    readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
    readonly histories: boolean;
  };
  readonly shutdown: number;
}

type Lists = readonly unknown[];

/** The same with what is said of it: each section may be left out, or in parts. */
export type Settings<T> = {
  readonly [K in keyof T]?: T[K] extends Lists | StoreConfig ? T[K] : T[K] extends object ? Settings<T[K]> : T[K];
};

/** A configuration as it is written: what is left out has its default. */
export type ServerSettings = Omit<Settings<ServerConfig>, 'store'> & {
  readonly store?: string | { readonly kind: StoreConfig['kind']; readonly [key: string]: string | undefined };
};
