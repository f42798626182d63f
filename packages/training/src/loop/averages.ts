// Weights that are judged: where a running average is kept, that stands in the place of the weights while they are validated and saved.
import { AVERAGE, averagesOf } from '@difsr/graph';
import type { Session } from './session.js';

/** Does something with the averages as the parameters; afterwards these are what they were, whatever happened. */
export async function onAverages<T>(
  { options, task, variables, trained }: Pick<Session, 'options' | 'task' | 'variables' | 'trained'>,
  work: () => Promise<T>,
): Promise<T> {
  if (options.config.training.averageDecay === 0) return work();
  const parameters = task.trained.filter(({ trainable }) => trainable);
  const kept = trained.filter((name) => name.startsWith(`${AVERAGE}.`));
  const averages = averagesOf(parameters, await variables.read(kept));
  const weights = await variables.read(Object.keys(averages));
  await variables.write(averages);
  try {
    return await work();
  } finally {
    await variables.write(weights);
  }
}
