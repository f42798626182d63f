// What stays the same over a run, shared by the loop and by an epoch.
import type { Dataset, SequenceStore, StoredDataset } from '@difsr/data';
import type { Backend, HostTensor, Variables } from '@difsr/graph';
import type { Counted, ItemLaw, ModelDefinition, ModelInstance, SoftTargets, TrainingTask } from '@difsr/models';
import { writeCheckpoint, type Environment, type RunState } from './checkpoint.js';
import type { RunConfig } from '../config.js';
import type { Evaluator } from '../evaluation/evaluate.js';
import type { TrainingEvent } from '../events.js';
import type { ModelFile } from '../run/own-model.js';
import { RunError } from '../run-error.js';
import type { SideReader } from '../side/side-reader.js';

/** What a training needs. */
export interface TrainOptions {
  readonly config: RunConfig;
  /** In memory, or with its sequences on disk (`openPrepared` of @difsr/prepare): the trained bytes are the same. Not closed here. */
  readonly dataset: Dataset | StoredDataset;
  /** Not disposed here: it is the caller's. */
  readonly backend: Backend;
  /** The definition of `config.model`, where it is not a model of this project. */
  readonly model?: ModelDefinition;
  /** The file that the definition is from; the run folder remembers its hash. */
  readonly modelFile?: ModelFile;
  /** The run folder. */
  readonly out: string;
  /**
   * The folder of another run to take initial weights from: parameters of the same name, and of tables by item, value or position
   * the rows that both runs have, by token. It may be of another model, other data or another objective.
   */
  readonly init?: string;
  /** Go on from the folder's checkpoint instead of starting anew. */
  readonly resume?: boolean;
  /** Aborting saves a checkpoint and ends with `interrupted`. */
  readonly signal?: AbortSignal;
  /**
   * The epoch after which the run ends with `paused`, where it has not ended before; `resume` goes on with it. The schedule is that of all epochs, so
   * that pauses change nothing. Default: none.
   */
  readonly pauseAfter?: number;
  /** Called with everything that happens, in order. */
  readonly onEvent?: (event: TrainingEvent) => void;
}

/** Everything that stays the same over a run. */
export interface Session {
  readonly options: TrainOptions;
  readonly model: ModelInstance;
  readonly store: SequenceStore;
  /** Of a run that learns from others. */
  readonly soft: SoftTargets | undefined;
  /** Reads what the model is fed beside items, where it is. */
  readonly sides: SideReader | undefined;
  readonly task: TrainingTask;
  readonly variables: Variables;
  /** Brings the variables up to the steps that have been taken: replicas have their own. */
  readonly settle: () => Promise<void>;
  /** Names of parameters and optimizer state. */
  readonly trained: readonly string[];
  readonly parameters: readonly string[];
  /** Tables of the data that inference needs, beside the parameters. */
  readonly features: Readonly<Record<string, HostTensor>>;
  /** Targets of an epoch. */
  readonly targets: number;
  /** Target slots of a step; fewer than configured where there are fewer targets. */
  readonly targetsPerStep: number;
  /** Of the first epoch; what the schedule is laid out over, times epochs. */
  readonly stepsPerEpoch: number;
  /** Training interactions by item id. */
  readonly counts: readonly number[];
  /** The same, to draw items by; made when it is first asked for. */
  readonly popularity: () => ItemLaw;
  /** Of a model that is counted instead of being trained. */
  readonly counted: (Counted & { readonly seconds: number }) | undefined;
  readonly evaluator: Evaluator;
  readonly emit: (event: TrainingEvent) => void;
  readonly environment: Environment;
  readonly fingerprint: string;
}

/** Writes the checkpoint. */
export async function save(session: Session, state: RunState, seconds: number): Promise<void> {
  await writeCheckpoint(session.options.out, await session.variables.read(session.trained), state, seconds);
  session.emit({ kind: 'checkpoint', epoch: state.epoch + 1, step: state.step });
}

/** A value by name; an absent one is an error that lists what there is. */
export function required<T>(map: Readonly<Record<string, T>>, name: string): T {
  const value = map[name];
  if (value === undefined) throw new RunError(`"${name}" is missing (there are ${Object.keys(map).join(', ')})`);
  return value;
}
