// The graph of a configuration that both functions of this door write as ONNX.
import {
  constant,
  createGraph,
  input,
  less,
  not,
  optimize,
  select,
  type Graph,
  type Shape,
  type Tensor,
} from '@difsr/graph';
import type { ParameterSpec } from '@difsr/nn';
import { AttentionError } from '../error.js';
import { sumLayout } from '../fused.js';
import type { SumLayout } from '../graph-options.js';
import type { CompleteDifAttentionConfig } from '../kernel/config.js';
import { lengthOf, traceAttention, type PositionForm, type SideForm } from '../trace.js';

/** How the sources of a model arrive. */
export interface ModelForms {
  /** Rows of the table of a side, by its name, looked up by the input `ids.NAME`; default: vectors. */
  readonly tables?: Readonly<Record<string, { readonly rows: number }>>;
  readonly position?: Exclude<PositionForm, { readonly cutFrom: number }>;
  /** Masked by the input `valid`, by the input `mask` of this shape that is added to the scores, or by order alone. */
  readonly mask: 'valid' | 'none' | { readonly additive: Shape };
  /** Whether `item` and `output` are `[length, batch, width]`. */
  readonly lengthFirst?: boolean;
}

/** Scores below this in somebody's additive mask count as hidden: masks are written as -1e4, -1e9 or minus infinity. */
const HIDDEN = -1000;

/**
 * The graph, fused for inference unless the configuration's `kernel` is `unfused`: what depends on weights and tables alone
 * is then a product of constants, which runtimes compute when they load the model.
 *
 * @throws AttentionError where the position table is shorter than `maxLength`.
 */
export function modelGraph(
  config: CompleteDifAttentionConfig,
  { tables = {}, position, mask, lengthFirst }: ModelForms,
): { readonly graph: Graph; readonly parameters: readonly ParameterSpec[] } {
  if (typeof position === 'object' && position.rows < config.maxLength)
    throw new AttentionError(
      `the table of positions has ${position.rows} rows, maxLength is ${config.maxLength}: give a row for every position`,
    );
  const sideForm = ([name, { rows }]: [string, { readonly rows: number }]): [string, SideForm] => [
    name,
    { rows, ids: refusingBelowZero(input(`ids.${name}`, ['batch', lengthOf(config)], 'int32'), rows) },
  ];
  const { item, output, parameters } = traceAttention(
    config,
    {
      sides: Object.fromEntries(Object.entries(tables).map(sideForm)),
      ...(position === undefined ? {} : { position }),
      mask: typeof mask === 'object' ? { ...mask, visible: (additive) => not(less(additive, HIDDEN)) } : mask,
      ...(lengthFirst === undefined ? {} : { lengthFirst }),
    },
    config.kernel === 'unfused' ? { kernel: 'unfused' } : { kernel: 'fused', layout: layoutOf(config) },
  );
  // `item` first: sizes are read off it, and not off a source that may be broadcast.
  return { graph: optimize(createGraph({ output }, [item])), parameters };
}

/** ONNX counts a negative index from the end: -1, somebody's "unknown", would be the last row. No row has the number of rows. */
function refusingBelowZero(ids: Tensor, rows: number): Tensor {
  return select(less(ids, 0), constant(rows, 'int32'), ids);
}

/** Which way of adding suits large batches: of small ones the time hardly matters, and a file cannot choose. */
function layoutOf({ heads, width, sides, maxLength }: CompleteDifAttentionConfig): SumLayout {
  return sumLayout({ batch: 128, length: maxLength, heads, width, sides: sides.map((side) => side.width) });
}
