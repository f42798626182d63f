// Parameters, as models declare them and as optimizers see them.
import type { Tensor } from './signatures.js';
import { formatType, GraphError } from './types.js';

/** A parameter of a model: the input tensor that carries it. */
export interface Parameter {
  readonly name: string;
  readonly tensor: Tensor;
  /** Whether weight decay applies. */
  readonly decay: boolean;
  /** A frozen parameter is read but gets no gradient. */
  readonly trainable: boolean;
  /** Trained in turns with other groups: untouched in steps in which its group is not on. All trained parameters have one, or none has. */
  readonly group?: string;
}

/** A parameter as the optimizer sees it. */
export interface TrainedParameter {
  readonly name: string;
  readonly tensor: Tensor;
  readonly gradient: Tensor;
  /** Whether weight decay applies. */
  readonly decay: boolean;
  /** See {@link Parameter.group}. */
  readonly group?: string;
}

/** The shape of a parameter's tensor. @throws GraphError where a size is not known. */
export function knownShape({ name, tensor }: Pick<TrainedParameter, 'name' | 'tensor'>): readonly number[] {
  return tensor.shape.map((dim) => {
    if (typeof dim === 'number') return dim;
    throw new GraphError(`parameter "${name}" is ${formatType(tensor)}: a trained parameter has known sizes only`);
  });
}
