// The graphs of a configuration: the definition, and the rewrite for inference on vectors and on ids.
import { createGraph, input, optimize, type Graph } from '@difsr/graph';
import type { SumLayout } from '../graph-options.js';
import { lengthOf, traceAttention, type InputForms } from '../trace.js';
import type { TableRows } from './arrays.js';
import type { CompleteDifAttentionConfig } from './config.js';

/** What a run may leave out or bring. */
export interface GraphOptions {
  /** Whether `valid` is an input. */
  readonly masked: boolean;
}

/** Of the rewrite: how `sum` adds. */
interface FusedGraphOptions extends GraphOptions {
  readonly layout: SumLayout;
}

/** How the mask arrives. */
export function maskForm({ masked }: GraphOptions): InputForms['mask'] {
  return masked ? 'valid' : 'none';
}

/** The definition, over `item`, `side.NAME`, `position`, `valid` and the parameters; output `output`. */
export function definitionGraph(config: CompleteDifAttentionConfig, options: GraphOptions): Graph {
  const { output } = traceAttention(config, { mask: maskForm(options) }, { kernel: 'unfused' });
  return optimize(createGraph({ output }));
}

/** The rewrite on vectors. */
export function fusedGraph(config: CompleteDifAttentionConfig, options: FusedGraphOptions): Graph {
  const { layout } = options;
  const { output } = traceAttention(config, { mask: maskForm(options) }, { kernel: 'fused', layout });
  return optimize(createGraph({ output }));
}

/** The rewrite on ids: tables `table.NAME` `[rows, width]` and `table.position`, and an input `items` int32 `[b, n]`. */
export function tabulatedGraph(config: CompleteDifAttentionConfig, rows: TableRows, options: FusedGraphOptions): Graph {
  const ids = input('items', ['batch', lengthOf(config)], 'int32');
  const forms: InputForms = {
    sides: Object.fromEntries(config.sides.map(({ name }) => [name, { rows: rows.sides[name] ?? 0, ids }])),
    position: { rows: rows.position },
    mask: maskForm(options),
  };
  const { output } = traceAttention(config, forms, { kernel: 'fused', layout: options.layout });
  return optimize(createGraph({ output }, [ids])); // fed even where there is no side source
}
