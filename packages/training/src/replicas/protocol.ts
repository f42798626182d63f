// What crosses between the thread that trains and its replicas.
import type { Fault } from '@difsr/errors';
import type { BackendRecipe, Feeds, HostTensor } from '@difsr/graph';
import type { ReplicaTask, Reported } from './replica.js';
import type { Floats } from './collective.js';
import type { SharedMemory } from './shared-memory.js';

/** What a worker is started with. */
export interface ReplicaSetup {
  readonly recipe: BackendRecipe;
  readonly task: ReplicaTask;
  readonly memory: SharedMemory;
  readonly rank: number;
}

/** What a worker is asked for; the first answer, without a question, says that it is ready. */
export type Question = { readonly kind: 'step'; readonly feeds: Feeds } | { readonly kind: 'read' };

/** What it answers, in the order of the questions. */
export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'step'; readonly reported: Reported }
  | { readonly kind: 'read'; readonly parameters: Floats; readonly state: Readonly<Record<string, HostTensor>> }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string; readonly faults?: readonly Fault[] };
