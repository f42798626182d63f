// The error of everything that can be wrong with a run or its folder; the reading half of it lives with the models.
import { RunError } from '@difsr/models';

export { RunError };

/** A training whose loss is not finite any more: the same settings would end so again. */
export class DivergedError extends RunError {
  override readonly name: string = 'DivergedError';
}
