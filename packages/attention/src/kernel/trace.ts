// From a configuration to graphs: the definition, its gradient, and the fused rewrite, all over inputs with fixed names.
import { createGraph, differentiate, input, optimize, type Dim, type Graph, type Tensor } from '@difsr/graph';
import { Scope, type ParameterSpec } from '@difsr/nn';
import { declareDif, difAttention, type DifWeights } from '../family.js';
import { fusedDifAttention, type FusedSources } from '../fused.js';
import type { SumLayout, AttentionMask } from '../graph-options.js';
import { attentionMask } from '../scores.js';
import type { CompleteDifAttentionConfig } from './config.js';

/** Standard deviation of initial weights, as the published models use it. */
const DEVIATION = 0.02;

/** A traced attention: graphs over `item`, `side.NAME`, `position`, `valid` and the parameters; output `output`. */
export interface Traced {
  readonly graph: Graph;
  readonly parameters: readonly ParameterSpec[];
}

/** Weights of the configured attention as graph inputs, and what they are. */
export function declareWeights(config: CompleteDifAttentionConfig): {
  readonly weights: DifWeights;
  readonly parameters: ParameterSpec[];
} {
  const scope = new Scope({ training: false });
  const { width, heads, fusion, maxLength, sides, position } = config;
  const weights = declareDif(scope, {
    width,
    sides: sides.map((side) => side.width),
    ...(position === undefined ? {} : { position }),
    heads,
    fusion,
    maxLength,
    deviation: DEVIATION,
  });
  return { weights, parameters: scope.parameters.map(({ spec }) => spec) };
}

/** Parameters of the configured attention. */
export function parametersOf(config: CompleteDifAttentionConfig): ParameterSpec[] {
  return declareWeights(config).parameters;
}

/** The dimension that sequences have: concat and gate of the published form take rows of one length alone. */
export function lengthOf({ form, fusion, maxLength }: CompleteDifAttentionConfig): Dim {
  return form === 'reference' && fusion !== 'sum' ? maxLength : 'length';
}

/** What a run may leave out or bring. */
export interface TraceOptions {
  /** Whether `valid` is an input. */
  readonly masked: boolean;
}

/** Of the fused rewrite: how `sum` adds. */
export interface FusedTraceOptions extends TraceOptions {
  readonly layout: SumLayout;
}

interface Inputs {
  readonly item: Tensor;
  readonly sides: readonly Tensor[];
  readonly position: Tensor | undefined;
  readonly mask: AttentionMask;
}

function inputsOf(config: CompleteDifAttentionConfig, { masked }: TraceOptions): Inputs {
  const length = lengthOf(config);
  return {
    item: input('item', ['batch', length, config.width]),
    sides: config.sides.map(({ name, width }) => input(`side.${name}`, ['batch', length, width])),
    position: config.position === undefined ? undefined : input('position', [1, length, config.position]),
    mask: attentionMask(length, {
      causal: config.causal,
      ...(masked ? { valid: input('valid', ['batch', length], 'bool') } : {}),
    }),
  };
}

function trace(
  config: CompleteDifAttentionConfig,
  options: TraceOptions,
): { output: Tensor; inputs: Inputs; parameters: ParameterSpec[] } {
  const { weights, parameters } = declareWeights(config);
  const inputs = inputsOf(config, options);
  const { item, sides, position, mask } = inputs;
  const { heads, form } = config;
  const { output } = difAttention(item, { sides, ...(position && { position }) }, weights, { heads, mask, form });
  return { output, inputs, parameters };
}

/** The definition. */
export function traceDefinition(config: CompleteDifAttentionConfig, options: TraceOptions): Traced {
  const { output, parameters } = trace(config, options);
  return { graph: optimize(createGraph({ output })), parameters };
}

/** The definition and its gradient: also an input `cotangent` like the output, and outputs `grad.NAME` of all float inputs. */
export function traceGradient(config: CompleteDifAttentionConfig, options: TraceOptions): Traced {
  const { output, parameters } = trace(config, options);
  const forward = createGraph({ output });
  const wrt = [...forward.inputs].filter(([, { dtype }]) => dtype === 'float32');
  const cotangent = input('cotangent', output.shape);
  const gradients = differentiate(
    [[output, cotangent]],
    wrt.map(([, tensor]) => tensor),
  );
  const named = wrt.flatMap(([name], i) =>
    gradients[i] === undefined ? [] : [[`grad.${name}`, gradients[i]] as const],
  );
  return { graph: optimize(createGraph({ output, ...Object.fromEntries(named) })), parameters };
}

/** The fused rewrite on vectors. */
export function traceFused(config: CompleteDifAttentionConfig, options: FusedTraceOptions): Traced {
  const { item, sides, position, mask } = inputsOf(config, options);
  return fused(
    config,
    item,
    { sides: sides.map((values) => ({ values })), ...(position && { position: { values: position } }) },
    mask,
    options.layout,
  );
}

/** The fused rewrite on ids: tables `table.NAME` `[rows, width]` and `table.position`, and an input `items` int32 `[b, n]`. */
export function traceTabulated(
  config: CompleteDifAttentionConfig,
  rows: { readonly sides: Readonly<Record<string, number>>; readonly position: number },
  options: FusedTraceOptions,
): Traced {
  const { item, mask } = inputsOf(config, options);
  const ids = input('items', item.shape.slice(0, 2), 'int32');
  const sources: FusedSources = {
    sides: config.sides.map(({ name, width }) => ({
      table: input(`table.${name}`, [rows.sides[name] ?? 0, width]),
      ids,
    })),
    ...(config.position === undefined
      ? {}
      : { position: { table: input('table.position', [rows.position, config.position]) } }),
  };
  return fused(config, item, sources, mask, options.layout, [ids]); // fed even where there is no side source
}

function fused(
  config: CompleteDifAttentionConfig,
  item: Tensor,
  sources: FusedSources,
  mask: AttentionMask,
  layout: SumLayout,
  keep: readonly Tensor[] = [],
): Traced {
  const { weights, parameters } = declareWeights(config);
  const { heads, form } = config;
  const output = fusedDifAttention(item, sources, weights, { heads, mask, form, layout });
  return { graph: optimize(createGraph({ output }, keep)), parameters };
}
