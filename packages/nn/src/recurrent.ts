// Gated recurrent units without biases (Cho et al., EMNLP 2014, in the form of cuDNN and PyTorch): what a step has of its input is
// computed for all steps at once, as one product; the loop holds what has to wait for the state before it.
// Input x_t, state h_t `state`, W `input` and U `recurrent`, their rows in the order reset r, update z, candidate n:
//   r = sigmoid(W_r x_t + U_r h_(t-1)), z = sigmoid(W_z x_t + U_z h_(t-1)),
//   n = tanh(W_n x_t + r * (U_n h_(t-1))), h_t = (1 - z) * n + z * h_(t-1)
import { checkOptions, option, type OptionRules } from '@difsr/errors';
import {
  add,
  at,
  broadcast,
  constant,
  GraphError,
  matmul,
  mul,
  scan,
  sigmoid,
  slice,
  sub,
  tanh,
  transpose,
  type Tensor,
} from '@difsr/graph';
import type { Initializer } from './initializers.js';
import { linear, widthOf } from './layers.js';
import type { Scope } from './scope.js';

/** One layer of gated recurrent units. */
export interface GruWeights {
  /** `[3 width, inputs]`: rows of the reset gate, the update gate, the candidate. */
  readonly input: Tensor;
  /** `[3 width, width]`, the same of the state before. */
  readonly recurrent: Tensor;
}

/** What {@link declareGru} takes beside sizes. */
export interface GruOptions {
  /** Layers on top of each other; default 1. */
  readonly layers?: number;
  /** How all weights start; default Glorot's uniform. */
  readonly initializer?: Initializer;
}

const GRU: OptionRules<GruOptions> = { layers: option.whole(1), initializer: option.given };

/** Declares layers of gated recurrent units, `layers.K.input.weight` and `layers.K.recurrent.weight` each. */
export function declareGru(
  scope: Scope,
  inputs: number,
  width: number,
  options: GruOptions = {},
): readonly GruWeights[] {
  checkOptions('declareGru', options, GRU, GraphError);
  const { layers = 1, initializer = { kind: 'glorot-uniform' } } = options;
  return Array.from({ length: layers }, (_, k) => {
    const layer = scope.child(`layers.${k}`);
    const weight = (name: string, columns: number): Tensor =>
      layer.child(name).parameter('weight', [3 * width, columns], initializer);
    return { input: weight('input', k === 0 ? inputs : width), recurrent: weight('recurrent', width) };
  });
}

/**
 * The states of the last layer after each step: `x [batch, length, inputs] -> [batch, length, width]`, from states of zeros.
 *
 * A state depends on its own and earlier steps alone, so that padding behind a sequence reaches none of its states.
 *
 * @example
 * ```ts
 * const states = gru(x, declareGru(scope.child('gru'), 64, 128, { layers: 2 })); // x [batch, length, 64] -> [batch, length, 128]
 * ```
 */
export function gru(x: Tensor, layers: readonly GruWeights[]): Tensor {
  const states = layers.reduce(
    (own, { input, recurrent }) => walk(linear(own, { weight: input }), recurrent),
    timeFirst(x),
  );
  return timeFirst(states);
}

/**
 * The states of one layer from what its steps have of their inputs, `[batch, length, 3 width]`: where an input is an id, that is a row of
 * a table.
 *
 * @param recurrent `[3 width, width]`, see {@link GruWeights}.
 */
export function gruStates(own: Tensor, recurrent: Tensor): Tensor {
  return timeFirst(walk(timeFirst(own), recurrent));
}

/** The first two axes exchanged: of inputs, which are narrower than what is made of them, rather than inside every scan. */
const timeFirst = (x: Tensor): Tensor => transpose(x, [1, 0, 2]);

/** One layer, `[length, batch, 3 width] -> [length, batch, width]`. */
function walk(own: Tensor, recurrent: Tensor): Tensor {
  const width = widthOf(recurrent);
  const start = broadcast(constant(0), [at(own.shape, 1), width]);
  const weights = transpose(recurrent, [1, 0]); // outside of the loop
  const step = (states: readonly Tensor[], elements: readonly Tensor[]): Tensor[] => {
    const [state, input] = [at(states, 0), at(elements, 0)];
    const fromState = matmul(state, weights);
    const ofGates = (x: Tensor): Tensor => slice(x, -1, 0, 2 * width);
    const ofCandidate = (x: Tensor): Tensor => slice(x, -1, 2 * width, 3 * width);
    const gates = sigmoid(add(ofGates(input), ofGates(fromState)));
    const [reset, update] = [slice(gates, -1, 0, width), slice(gates, -1, width, 2 * width)];
    const candidate = tanh(add(ofCandidate(input), mul(reset, ofCandidate(fromState))));
    return [add(candidate, mul(update, sub(state, candidate)))]; // (1 - z) n + z h, with one product less
  };
  return at(scan([start], [own], step), 0);
}
