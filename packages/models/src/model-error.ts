// The errors of options that name what the data lacks, or contradict each other.
import { DifsrError } from '@difsr/errors';

/** Options that are valid one by one but not together. */
export class ModelConfigError extends DifsrError {
  override readonly name = 'ModelConfigError';
}

/** A field that a model asks for and the data lacks. */
export class UnknownFieldError extends DifsrError {
  override readonly name = 'UnknownFieldError';
}
