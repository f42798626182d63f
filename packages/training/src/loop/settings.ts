// What of a configuration a run's results depend on. A run goes on with it unchanged: one that mixes two configurations is neither.
import { type ConfigOption, setting, type SettingValue, text, together } from '@difsr/errors';
import type { EvaluationConfig, RunConfig, TrainingConfig } from '../config.js';
import { RunError } from '../run-error.js';

/** The part of a configuration that results depend on: not where the data is, what computes, or how often is saved. */
export interface RunSettings {
  readonly model: RunConfig['model'];
  readonly training: Omit<TrainingConfig, 'checkpointSeconds' | 'replicas'>;
  readonly evaluation: Omit<EvaluationConfig, 'batchSize'>;
  /** Where the teachers lie does not matter once their draws are made. */
  readonly distillation?: { readonly teachers: number; readonly weight: number; readonly draws: number };
}

/**
 * The settings of a configuration.
 *
 * @example settingsOf(runConfigSchema.parse({})).evaluation.maskSeen; // false
 */
export function settingsOf({ model, training, evaluation, distillation }: RunConfig): RunSettings {
  const { checkpointSeconds: _, replicas: ___, ...trained } = training;
  const { batchSize: __, ...evaluated } = evaluation;
  return {
    model,
    training: trained,
    evaluation: evaluated,
    ...(distillation === undefined
      ? {}
      : {
          distillation: {
            teachers: distillation.runs.length,
            weight: distillation.weight,
            draws: distillation.draws,
          },
        }),
  };
}

/**
 * Checks that a run goes on with the configuration that it was begun with; the number of epochs aside.
 *
 * @param defaults What options are where nothing is said.
 * @throws RunError naming what differs.
 */
export function requireSameSettings(
  folder: string,
  before: RunSettings | undefined,
  now: RunSettings,
  defaults: RunSettings,
): void {
  if (before === undefined) return; // a checkpoint of a version that did not keep them
  // An option that a checkpoint does not know came later: it was trained as the default has it.
  const [old, current] = [new Map([...leaves(defaults), ...leaves(before)]), leaves(now)];
  const changed = [...new Set([...old.keys(), ...current.keys()])].filter(
    (key) => key !== 'training.epochs' && old.get(key) !== current.get(key),
  );
  if (changed.length === 0) return;
  const list = changed.map((key) => `${key} is ${current.get(key) ?? 'not set'}, was ${old.get(key) ?? 'not set'}`);
  const again = together(
    ...changed.flatMap((key) => {
      const value = current.get(key);
      // The keys are paths of the configuration, and the values are what JSON.stringify made.
      return value === undefined ? [] : [setting(key as ConfigOption, JSON.parse(value) as SettingValue)];
    }),
  );
  throw new RunError({
    where: folder,
    what: `config.json is not the configuration that this run was begun with: ${list.join('; ')}. Its first epochs would be of one, the others of the other`,
    cure: text`put the old value${changed.length === 1 ? '' : 's'} back into config.json, or start a new run${again.settings.length === 0 ? '' : text` with ${again}`}`,
  });
}

/** The values of nested plain objects as JSON, by dotted path. */
function leaves(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new Map(value === undefined ? [] : [[path, JSON.stringify(value)]]);
  return new Map(
    Object.entries(value).flatMap(([key, child]) => [...leaves(child, path === '' ? key : `${path}.${key}`)]),
  );
}
