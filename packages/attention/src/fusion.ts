// F of the paper's eq. (9): several score matrices become one. `concat` and `gate` mix whole score
// rows before the mask, so each has two forms: the published code's, and a causal-safe one that
// zeroes hidden entries first and therefore can train on all positions at once.
import {
  add,
  at,
  broadcast,
  concat,
  GraphError,
  matmul,
  mul,
  relu,
  select,
  slice,
  softmax,
  type Shape,
  type Tensor,
} from '@difsr/graph';
import { declareLinear, linear, type LinearWeights, type Scope } from '@difsr/nn';
import { unseenBias } from './scores.js';
import type { AttentionMask, Fusion, FusionForm } from './graph-options.js';

/** Weights of a fusion. */
export type FusionWeights =
  | { readonly fusion: 'sum' }
  /** maps the concatenated rows `[.., sources * maxLength]` to `[.., maxLength]` */
  | { readonly fusion: 'concat'; readonly projection: LinearWeights }
  /** energy of a row: `output(relu(hidden(row)))` */
  | { readonly fusion: 'gate'; readonly hidden: LinearWeights; readonly output: LinearWeights };

/** Declares the weights that a fusion needs. */
export function declareFusion(
  scope: Scope,
  fusion: Fusion,
  sources: number,
  maxLength: number,
  deviation: number,
): FusionWeights {
  switch (fusion) {
    case 'sum':
      return { fusion };
    case 'concat':
      return {
        fusion,
        projection: declareLinear(scope.child('projection'), sources * maxLength, maxLength, deviation),
      };
    case 'gate':
      return {
        fusion,
        hidden: declareLinear(scope.child('hidden'), maxLength, maxLength, deviation),
        output: declareLinear(scope.child('output'), maxLength, 1, deviation),
      };
  }
}

/**
 * Fuses sources, each `[b|1, h, n, n]`, to `[b, h, n, n]`. The order of sources matters to `concat`.
 *
 * @throws GraphError where rows are longer than the weights, or, in the reference form of `concat` and `gate`, shorter.
 */
export function fuse(
  sources: readonly Tensor[],
  weights: FusionWeights,
  mask: AttentionMask,
  form: FusionForm,
): Tensor {
  if (weights.fusion === 'sum') return sources.reduce((a, b) => add(a, b)); // hidden entries cannot leak: nothing mixes columns
  checkLength(
    at(at(sources, 0).shape, 3),
    knownSize(weights.fusion === 'concat' ? weights.projection.weight : weights.hidden.weight, 0),
    form,
  );
  const rows = form === 'causal-safe' ? sources.map((source) => select(mask.visible, source, 0)) : sources;
  return weights.fusion === 'concat'
    ? concatRows(rows, weights.projection)
    : gateRows(rows, weights.hidden, weights.output);
}

/** One linear map of the concatenated rows, as a sum over sources of `row_s W_s^T`: the concatenation itself is never built. */
function concatRows(rows: readonly Tensor[], { weight, bias }: LinearWeights): Tensor {
  const maxLength = knownSize(weight, 0);
  const n = at(at(rows, 0).shape, 3);
  const out = slice(weight, 0, 0, n);
  const terms = rows.map((row, s) =>
    matmul(row, slice(slice(out, 1, s * maxLength, (s + 1) * maxLength), 1, 0, n), { transB: true }),
  );
  if (bias !== undefined) terms.push(slice(bias, 0, 0, n));
  return terms.reduce((a, b) => add(a, b));
}

/** One weight per (batch, head, query, source): softmax over sources of `output(relu(hidden(row)))`. It weighs the rows of `whole`. */
function gateRows(
  rows: readonly Tensor[],
  hidden: LinearWeights,
  output: LinearWeights,
  whole: readonly Tensor[] = rows,
): Tensor {
  const n = at(at(rows, 0).shape, 3);
  const columns: LinearWeights = { ...hidden, weight: slice(hidden.weight, 1, 0, n) };
  const last = unseenBias(output); // the softmax below compares the sources' energies
  const energies = rows.map((row) => linear(relu(linear(row, columns)), last)); // each [b|1, h, n, 1]
  const full = energies.map((energy) => energy.shape).reduce((a, b) => (a[0] === 1 ? b : a));
  const gates = softmax(
    concat(
      energies.map((energy) => broadcast(energy, full)),
      3,
    ),
  ); // [b, h, n, sources]
  return whole.map((row, s) => mul(slice(gates, 3, s, s + 1), row)).reduce((a, b) => add(a, b));
}

/**
 * What {@link fuse} gives, hidden entries included: the gates of a causal-safe `gate` are those of the visible entries, and weigh whole rows.
 * Undefined for a causal-safe `concat`, which has no such matrix.
 */
export function fuseUnmasked(
  sources: readonly Tensor[],
  weights: FusionWeights,
  mask: AttentionMask,
  form: FusionForm,
): Tensor | undefined {
  if (weights.fusion === 'sum' || form === 'reference') return fuse(sources, weights, mask, form);
  if (weights.fusion === 'concat') return undefined;
  const visible = sources.map((source) => select(mask.visible, source, 0));
  return gateRows(visible, weights.hidden, weights.output, sources);
}

function knownSize(tensor: Tensor, axis: number): number {
  const size = at(tensor.shape, axis);
  if (typeof size !== 'number') throw new GraphError(`fusion weights must have known sizes, got "${size}"`);
  return size;
}

function checkLength(n: Shape[number], maxLength: number, form: FusionForm): void {
  if (typeof n === 'number' && n > maxLength)
    throw new GraphError(`sequences of ${n} against fusion weights made for at most ${maxLength}`);
  // The published code mixes the scores of padding into every row: fewer columns would be another function.
  if (form === 'reference' && n !== maxLength)
    throw new GraphError(
      `the reference form of this fusion takes sequences of exactly ${maxLength}, got "${n}": pad them, or use the form "causal-safe"`,
    );
}
