// A run in two stages: weights that are pre-trained for what sequences say of themselves, then trained for what the run is for. Each is a
// run of its own, the first in a folder of the second, so each is resumed where it was.
import { setting, text } from '@difsr/errors';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findModel, type ModelDefinition } from '@difsr/models';
import type { RunConfig } from '../config.js';
import { recordOwnModel } from '../run/own-model.js';
import { readRunConfig, RUN_FILES, writeJson } from '../run/run-folder.js';
import { RunError } from '../run-error.js';
import type { TrainOptions } from './session.js';
import { requireEmpty } from './start.js';
import { train, type TrainOutcome } from './trainer.js';

/**
 * The configuration of the first stage; undefined where there is none. Of the model it has the options that the pre-training model takes
 * over (sizes, dropout, fields), of the training all but its length and what ends it: the loss is watched, no ranking.
 *
 * @param definition That of the model, where it is not one of this project.
 * @throws RunError for a model that others do not begin from, and where the run's is counted.
 */
export function pretrainingOf(
  config: RunConfig,
  definition: Pick<ModelDefinition, 'count'> | undefined = findModel(config.model.name),
): RunConfig | undefined {
  const { pretraining, model, training, evaluation } = config;
  if (pretraining === undefined || pretraining.model === 'none') return undefined;
  const own = findModel(pretraining.model)?.pretraining;
  if (own === undefined)
    throw new RunError({
      what: `"${pretraining.model}" is no pre-training`,
      option: 'pretraining.model',
      cure: text`${setting('pretraining.model', 's3-rec')}, or none`,
    });
  if (definition?.count !== undefined)
    throw new RunError({
      what: `${model.name} is counted: it has no weights that could be pre-trained`,
      option: 'pretraining.model',
      cure: text`leave ${setting('pretraining.model', pretraining.model)} out`,
    });
  const shared = Object.fromEntries(own.shared.flatMap((name) => (name in model ? [[name, model[name]]] : [])));
  const { learningRate = training.learningRate, epochs, patience, options } = pretraining;
  const { pretraining: _, ...rest } = config;
  return {
    ...rest,
    model: { ...shared, ...options, ...own.options, name: pretraining.model },
    training: {
      ...training,
      form: 'all-positions',
      epochs,
      learningRate,
      earlyStopping: { metric: 'loss', patience },
    },
    evaluation: { ...evaluation, test: false },
  };
}

/**
 * {@link train}, after the pre-training that the configuration asks for. `resume` goes on with whichever stage is not finished.
 *
 * @throws RunError as `train`, and where a run that begins from another one is to be pre-trained as well.
 */
export async function trainInStages(options: TrainOptions): Promise<TrainOutcome> {
  const { config, out, init } = options;
  const first = pretrainingOf(config, options.model);
  if (first === undefined) return train(options);
  if (init !== undefined)
    throw new RunError({
      what: 'a run begins with the weights of another one, or with those of its pre-training',
      option: 'init',
      cure: text`leave ${setting('init')} out, or ${setting('pretraining.model', 'none')}`,
    });
  if (options.resume !== true) {
    await requireEmpty(out);
    await recordOwnModel(out, { definition: options.model, file: options.modelFile });
    await writeJson(out, RUN_FILES.config, config); // from here on the folder can be resumed
  }
  const begun = await readdir(out);
  if (begun.includes(RUN_FILES.optimizer)) return train({ ...options, resume: true });
  const folder = join(out, RUN_FILES.pretraining);
  const there: readonly string[] = await readdir(folder).catch(() => []);
  if (!there.includes(RUN_FILES.metrics)) {
    options.onEvent?.({ kind: 'stage', stage: 1, stages: 2, name: first.model.name, epochs: first.training.epochs });
    const resume = there.includes(RUN_FILES.config);
    const { model: _, modelFile: __, pauseAfter: ___, ...others } = options; // epochs are those of the training proper
    // What computes may be another one than when it began, and data may have moved.
    const { data, backend, device, threads, precision } = first;
    const own = resume ? { ...(await readRunConfig(folder)), data, backend, device, threads, precision } : first;
    const { reason } = await train({ ...others, config: own, out: folder, resume });
    if (reason === 'interrupted') return { reason, run: out };
  }
  options.onEvent?.({ kind: 'stage', stage: 2, stages: 2, name: config.model.name, epochs: config.training.epochs });
  return train({ ...options, init: folder, resume: true });
}
