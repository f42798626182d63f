// Optimizers as graph functions: one parameter's update from its gradient. Scalars that change with
// the step (learning rate, bias corrections) are inputs, computed on the host in double precision.
import { add, div, input, minimum, mul, reduceSum, sqrt, sub } from './build.js';
import { formatType, GraphError, type Tensor } from './types.js';

/** Which optimizer, and its constants. `decay` applies to parameters of the decay group alone. */
export type OptimizerConfig =
  | {
      readonly kind: 'adam';
      readonly beta1?: number;
      readonly beta2?: number;
      readonly epsilon?: number;
      readonly decay?: number;
    }
  | {
      readonly kind: 'adamw';
      readonly beta1?: number;
      readonly beta2?: number;
      readonly epsilon?: number;
      readonly decay?: number;
    }
  | { readonly kind: 'sgd'; readonly momentum?: number; readonly decay?: number };

/** A parameter as the optimizer sees it. */
export interface TrainedParameter {
  readonly name: string;
  readonly tensor: Tensor;
  readonly gradient: Tensor;
  /** Whether weight decay applies. */
  readonly decay: boolean;
}

/** The update of all parameters: new values and new state, by variable name. */
export interface OptimizerGraph {
  /** Variable name -> its new value. */
  readonly updates: ReadonlyMap<string, Tensor>;
  /** State variables to create as zeros: name -> shape. */
  readonly state: ReadonlyMap<string, readonly number[]>;
  /** Norm of all gradients together, before clipping. */
  readonly gradientNorm: Tensor;
}

/** Values of the scalar inputs `optimizer.*` at a step (1-based). */
export function optimizerScalars(config: OptimizerConfig, step: number, learningRate: number): Record<string, number> {
  if (config.kind === 'sgd') return { 'optimizer.learningRate': learningRate };
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = config;
  // lr m^ / (sqrt(v^) + eps) with m^ = m/(1-b1^t), v^ = v/(1-b2^t), the corrections moved into two scalars
  const second = Math.sqrt(1 - beta2 ** step);
  return {
    ...(config.kind === 'adamw' && (config.decay ?? 0) > 0 ? { 'optimizer.learningRate': learningRate } : {}), // decoupled decay alone needs it bare
    'optimizer.stepSize': (learningRate * second) / (1 - beta1 ** step),
    'optimizer.epsilon': epsilon * second,
  };
}

/**
 * One optimizer step over all parameters.
 *
 * Adam: Kingma & Ba, ICLR 2015, algorithm 1; AdamW: Loshchilov & Hutter, ICLR 2019, algorithm 2 (decay
 * is multiplied by the learning rate); SGD with momentum as PyTorch writes it, `buf = momentum buf + g`.
 *
 * @param clipNorm gradients are scaled down together when their common norm exceeds it.
 */
export function optimizerStep(
  config: OptimizerConfig,
  parameters: readonly TrainedParameter[],
  clipNorm?: number,
): OptimizerGraph {
  if (parameters.length === 0) throw new GraphError('nothing to train: no parameter was given');
  const squares = parameters.map(({ gradient }) => reduceSum(mul(gradient, gradient)));
  const gradientNorm = sqrt(squares.reduce((a, b) => add(a, b)));
  const clip = clipNorm === undefined ? undefined : minimum(div(clipNorm, add(gradientNorm, 1e-12)), 1);
  const updates = new Map<string, Tensor>();
  const state = new Map<string, readonly number[]>();
  const learningRate = input('optimizer.learningRate', []);
  const scalars =
    config.kind === 'sgd'
      ? undefined
      : { stepSize: input('optimizer.stepSize', []), epsilon: input('optimizer.epsilon', []) };
  for (const parameter of parameters) {
    const { name, tensor, decay } = parameter;
    const rate = decay ? (config.decay ?? 0) : 0;
    const coupled = config.kind !== 'adamw' && rate > 0; // L2: decay joins the gradient
    const clipped = clip === undefined ? parameter.gradient : mul(parameter.gradient, clip);
    const gradient = coupled ? add(clipped, mul(tensor, rate)) : clipped;
    const remember = (suffix: string): Tensor => {
      const shape = tensor.shape.map((dim) => {
        if (typeof dim === 'number') return dim;
        throw new GraphError(`parameter "${name}" is ${formatType(tensor)}: a trained parameter has known sizes only`);
      });
      state.set(`${suffix}.${name}`, shape);
      return input(`${suffix}.${name}`, shape);
    };
    if (config.kind === 'sgd' || scalars === undefined) {
      const momentum = config.kind === 'sgd' ? (config.momentum ?? 0) : 0;
      let direction = gradient;
      if (momentum > 0) {
        direction = add(mul(remember('momentum'), momentum), gradient);
        updates.set(`momentum.${name}`, direction);
      }
      updates.set(name, sub(tensor, mul(direction, learningRate)));
      continue;
    }
    const { beta1 = 0.9, beta2 = 0.999 } = config;
    const first = remember('adam.m');
    const second = remember('adam.v');
    // m' = m + (1-b1)(g - m); v' = v + (1-b2)(g^2 - v)
    const m = add(first, mul(sub(gradient, first), 1 - beta1));
    const v = add(second, mul(sub(mul(gradient, gradient), second), 1 - beta2));
    const decayed = config.kind === 'adamw' && rate > 0 ? mul(tensor, sub(1, mul(learningRate, rate))) : tensor;
    updates.set(`adam.m.${name}`, m);
    updates.set(`adam.v.${name}`, v);
    updates.set(name, sub(decayed, mul(div(m, add(sqrt(v), scalars.epsilon)), scalars.stepSize)));
  }
  return { updates, state, gradientNorm };
}
