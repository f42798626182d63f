// Options that several verbs share, and their rules.
import { option, type OptionRule, type OptionRules } from '@difsr/errors';
import type { ModelDefinition } from '@difsr/models';
import { backendNames, deviceNames, precisionNames, type OwnModel } from '@difsr/training';
import type { BackendChoice } from './backend.js';
import { loadOwnModel } from './config/own-model.js';

/** What executes the graphs. */
export const backendRules: OptionRules<BackendChoice> = {
  backend: option.oneOf(...backendNames),
  device: option.oneOf(...deviceNames),
  threads: option.whole(1),
  precision: option.oneOf(...precisionNames),
};

/** What stops the work. */
export const aborts: OptionRule = option.instance('an AbortSignal', AbortSignal);

/** A model of the caller's own, of a run that was trained with it. */
export interface OwnModelOption {
  /** Its definition, or the file whose default export that is. Default: the run is of a model that difsr has. */
  readonly model?: string | ModelDefinition | undefined;
}

/** The definition for a verb that opens a run. */
export async function ownModelOf(model: string | ModelDefinition | undefined): Promise<OwnModel> {
  if (model === undefined) return {};
  return typeof model === 'string' ? loadOwnModel(model) : { definition: model };
}

/** The choice of a backend among other options. */
export function backendChoice({ backend, device, threads, precision }: BackendChoice): BackendChoice {
  return { backend, device, threads, precision };
}
