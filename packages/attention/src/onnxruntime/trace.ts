// DIF attention of a configuration as a graph that reads its sources from named inputs: what both functions of this
// door write as ONNX. The mathematics is that of ../family.ts.
import {
  add,
  and,
  constant,
  constantArray,
  createGraph,
  expandDims,
  gather,
  input,
  iota,
  less,
  not,
  optimize,
  select,
  transpose,
  type Dim,
  type Graph,
  type Shape,
  type Tensor,
} from '@difsr/graph';
import type { ParameterSpec } from '@difsr/nn';
import { difAttention, type DifSources } from '../family.js';
import { fusedDifAttention, sumLayout, type FusedSource, type FusedSources } from '../fused.js';
import type { SumLayout, AttentionMask } from '../graph-options.js';
import { AttentionError } from '../error.js';
import type { CompleteDifAttentionConfig } from '../kernel/config.js';
import { declareWeights, lengthOf } from '../kernel/trace.js';
import { attentionMask } from '../scores.js';

/** Where a source of scores comes from: vectors that are fed, or a table that the model holds. */
export type SourceForm = 'vectors' | { readonly rows: number };

/** How the sources arrive. */
export interface SourceForms {
  /** By name of the side; default vectors. */
  readonly sides?: Readonly<Record<string, SourceForm>>;
  /** `vectors`: `[1, length, width]`; `matrix`: `[length, width]`; `batched`: `[batch, length, width]`; or a table. */
  readonly position?: SourceForm | 'matrix' | 'batched';
  /** Masked by an input `valid`, by an input `mask` of this shape that is added to the scores, or by order alone. */
  readonly mask: 'valid' | { readonly additive: Shape } | 'none';
  /** Whether `item` and `output` are `[length, batch, width]`. */
  readonly lengthFirst?: boolean;
}

/** A traced attention. */
export interface TracedAttention {
  /**
   * Inputs `item` [batch, length, width], `side.NAME` [batch, length, width_j] (or `ids.NAME` int32 [batch, length] and
   * the table `table.NAME`), `position` (or `table.position`), `valid` bool [batch, length] or `mask`, and the
   * parameters; output `output` [batch, length, width].
   */
  readonly graph: Graph;
  readonly parameters: readonly ParameterSpec[];
}

/** Scores below this in somebody's additive mask count as hidden: masks are written as -1e4, -1e9 or minus infinity. */
const HIDDEN = -1000;

/**
 * Traces the attention, fused for inference unless the configuration's `kernel` is `unfused`: what depends on weights and
 * tables alone is then a product of constants, which runtimes compute when they load the model.
 *
 * @throws AttentionError where the position table is shorter than `maxLength`.
 */
export function traceAttention(config: CompleteDifAttentionConfig, forms: SourceForms): TracedAttention {
  const { width, heads, sides, form, causal, kernel } = config;
  const length = lengthOf(config);
  const { weights, parameters } = declareWeights(config);
  const given = input('item', forms.lengthFirst === true ? [length, 'batch', width] : ['batch', length, width]);
  const turned = (x: Tensor): Tensor => (forms.lengthFirst === true ? transpose(x, [1, 0, 2]) : x);
  const sources = sides.map((side): FusedSource => {
    const how = forms.sides?.[side.name] ?? 'vectors';
    return how === 'vectors'
      ? { values: input(`side.${side.name}`, ['batch', length, side.width]) }
      : {
          table: input(`table.${side.name}`, [how.rows, side.width]),
          ids: refusingBelowZero(input(`ids.${side.name}`, ['batch', length], 'int32'), how.rows),
        };
  });
  const position = config.position === undefined ? undefined : positionSource(config, config.position, forms.position);
  const mask = maskOf(forms.mask, length, causal);
  const all = { sides: sources, ...(position === undefined ? {} : { position }) };
  const output =
    kernel === 'unfused'
      ? difAttention(turned(given), vectorsOf(all, length), weights, { heads, mask, form }).output
      : fusedDifAttention(turned(given), all, weights, { heads, mask, form, layout: layoutOf(config) });
  // `item` first: sizes are read off it, and not off a source that may be broadcast.
  return {
    graph: optimize(createGraph({ output: turned(output) }, [given])),
    parameters,
  };
}

/** ONNX counts a negative index from the end: -1, somebody's "unknown", would be the last row. No row has the number of rows. */
function refusingBelowZero(ids: Tensor, rows: number): Tensor {
  return select(less(ids, 0), constant(rows, 'int32'), ids);
}

/** Which way of adding suits large batches: of small ones the time hardly matters, and a file cannot choose. */
function layoutOf({ heads, width, sides, maxLength }: CompleteDifAttentionConfig): SumLayout {
  return sumLayout({ batch: 128, length: maxLength, heads, width, sides: sides.map((side) => side.width) });
}

/** Tables looked up: the definition takes vectors. */
function vectorsOf({ sides, position }: FusedSources, length: Dim): DifSources {
  return {
    sides: sides.map((source) => ('values' in source ? source.values : gather(source.table, source.ids))),
    ...(position === undefined
      ? {}
      : {
          position: 'values' in position ? position.values : gather(position.table, expandDims(iota(length), 0)),
        }),
  };
}

function positionSource(
  config: CompleteDifAttentionConfig,
  width: number,
  form: SourceForms['position'] = 'vectors',
): NonNullable<FusedSources['position']> {
  const length = lengthOf(config);
  if (form === 'vectors') return { values: input('position', [1, length, width]) };
  if (form === 'batched') return { values: input('position', ['batch', length, width]) };
  if (form === 'matrix') return { values: expandDims(input('position', [length, width]), 0) };
  if (form.rows < config.maxLength)
    throw new AttentionError(
      `the table of positions has ${form.rows} rows, maxLength is ${config.maxLength}: give a row for every position`,
    );
  return { table: input('table.position', [form.rows, width]) };
}

/** A mask that hides nothing; adding it vanishes when the graph is simplified. */
const nothingHidden: AttentionMask = {
  additive: constantArray([0], [1, 1, 1, 1]),
  visible: constantArray([1], [1, 1, 1, 1], 'bool'),
};

function maskOf(how: SourceForms['mask'], length: Dim, causal: boolean): AttentionMask {
  if (how === 'valid') return attentionMask(length, { valid: input('valid', ['batch', length], 'bool'), causal });
  if (how === 'none') return causal ? attentionMask(length, { causal }) : nothingHidden;
  const mask = input('mask', how.additive);
  const own = mask.shape.length === 3 ? expandDims(mask, 1) : mask;
  if (!causal) return { additive: own, visible: not(less(own, HIDDEN)) };
  const order = attentionMask(length, { causal });
  return { additive: add(own, order.additive), visible: and(not(less(own, HIDDEN)), order.visible) };
}
