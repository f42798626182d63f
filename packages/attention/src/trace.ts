// From the sizes of a DIF attention to its tensors, for every door of this package. What differs between doors is how
// sources and mask arrive, and whether the definition (family.ts) or its rewrite for inference (fused.ts) runs.
import {
  add,
  and,
  constantArray,
  expandDims,
  gather,
  input,
  iota,
  slice,
  transpose,
  type Dim,
  type Shape,
  type Tensor,
} from '@difsr/graph';
import { Scope, type ParameterSpec } from '@difsr/nn';
import { declareDif, difAttention, type DifSources, type DifWeights } from './family.js';
import { fusedDifAttention, type FusedSource, type FusedSources, type PositionSource } from './fused.js';
import type { AttendOptions, AttentionMask, Fusion, FusionForm, SumLayout } from './graph-options.js';
import { attentionMask } from './scores.js';

/** Standard deviation of initial weights, as the published models use it. */
const DEVIATION = 0.02;

/** What an attention is, whatever runs it; sizes of batch and length are symbols. */
export interface TraceShape {
  readonly width: number;
  readonly heads: number;
  readonly maxLength: number;
  /** In the order of their weights; a name is part of the input's name. */
  readonly sides: readonly { readonly name: string; readonly width: number }[];
  readonly position?: number | undefined;
  readonly fusion: Fusion;
  readonly form: FusionForm;
  readonly causal: boolean;
}

/**
 * How the vectors of a side arrive: as the input `side.NAME`, `batched` `[batch, length, width]` or `shared`
 * `[1, length, width]`; or as the table `table.NAME` `[rows, width]` with int32 ids `[batch, length]`.
 */
export type SideForm = 'batched' | 'shared' | { readonly rows: number; readonly ids: Tensor };

/**
 * How positions arrive: as the input `position`, `shared` `[1, length, width]`, `batched` `[batch, length, width]`,
 * `matrix` `[length, width]` or cut from `[cutFrom, width]`; or as the table `table.position` `[rows, width]`, whose
 * scores do not depend on the run.
 */
export type PositionForm = 'shared' | 'batched' | 'matrix' | { readonly cutFrom: number } | { readonly rows: number };

/**
 * What hides keys beside their order: nothing, the input `valid` bool `[batch, length]`, or the input `mask` of rank 4 or
 * what broadcasts to it, which is added to the scores; what may be seen is then the input `visible` of the given shape, or
 * computed from the mask.
 */
export type MaskForm =
  | 'none'
  | 'valid'
  | { readonly additive: Shape; readonly visible: Shape | ((additive: Tensor) => Tensor) };

/** How everything arrives. */
export interface InputForms {
  /** By name of the side; default `batched`. */
  readonly sides?: Readonly<Record<string, SideForm>>;
  /** Default `shared`. */
  readonly position?: PositionForm;
  readonly mask: MaskForm;
  /** Whether `item` and the output are `[length, batch, width]`. */
  readonly lengthFirst?: boolean;
}

/** What computes it: the definition, which can be trained, or its rewrite for inference. */
export type Way =
  | ({ readonly kernel: 'unfused' } & Pick<AttendOptions, 'scale' | 'dropout'>)
  | { readonly kernel: 'fused'; readonly layout: SumLayout };

/** A traced attention: tensors over inputs with fixed names, for the caller to make a graph of. */
export interface Traced {
  /** The input `item`, `[batch, length, width]`: sizes are read off it, so keep it as a graph's first. */
  readonly item: Tensor;
  /** `[batch, length, width]` */
  readonly output: Tensor;
  /** Inputs of the weights' names, in order of declaration. */
  readonly weights: readonly Tensor[];
  readonly parameters: readonly ParameterSpec[];
}

/** The dimension that sequences have: concat and gate of the published form take rows of one length alone. */
export function lengthOf({ form, fusion, maxLength }: Pick<TraceShape, 'form' | 'fusion' | 'maxLength'>): Dim {
  return form === 'reference' && fusion !== 'sum' ? maxLength : 'length';
}

/** What the weights of an attention depend on. */
type WeightsShape = Pick<TraceShape, 'width' | 'heads' | 'maxLength' | 'position' | 'fusion'> & {
  readonly sides: readonly { readonly width: number }[];
};

/** Parameters of an attention; `deviation` is that of their initial values. */
export function parametersOf(shape: WeightsShape, deviation: number = DEVIATION): ParameterSpec[] {
  return declareWeights(shape, deviation).scope.parameters.map(({ spec }) => spec);
}

function declareWeights(
  shape: WeightsShape,
  deviation: number = DEVIATION,
): { readonly weights: DifWeights; readonly scope: Scope } {
  const scope = new Scope({ training: false });
  const { width, heads, fusion, maxLength, sides, position } = shape;
  const weights = declareDif(scope, {
    width,
    sides: sides.map((side) => side.width),
    ...(position === undefined ? {} : { position }),
    heads,
    fusion,
    maxLength,
    deviation,
  });
  return { weights, scope };
}

/** Traces an attention whose sources and mask arrive in the given forms. */
export function traceAttention(shape: TraceShape, forms: InputForms, way: Way): Traced {
  const { width, heads, form } = shape;
  const length = lengthOf(shape);
  const { weights, scope } = declareWeights(shape);
  const turned = (x: Tensor): Tensor => (forms.lengthFirst === true ? transpose(x, [1, 0, 2]) : x);
  const item = input('item', forms.lengthFirst === true ? [length, 'batch', width] : ['batch', length, width]);
  const sources: FusedSources = {
    sides: shape.sides.map((side) => sideSource(side, forms.sides?.[side.name], length)),
    ...(shape.position === undefined ? {} : { position: positionSource(shape.position, forms.position, length) }),
  };
  const mask = maskOf(forms.mask, length, shape.causal);
  const output =
    way.kernel === 'fused'
      ? fusedDifAttention(turned(item), sources, weights, { heads, mask, form, layout: way.layout })
      : difAttention(turned(item), vectorsOf(sources, length), weights, {
          heads,
          mask,
          form,
          ...(way.scale === undefined ? {} : { scale: way.scale }),
          ...(way.dropout === undefined ? {} : { dropout: way.dropout }),
        }).output;
  return {
    item,
    output: turned(output),
    weights: scope.parameters.map(({ tensor }) => tensor),
    parameters: scope.parameters.map(({ spec }) => spec),
  };
}

function sideSource(
  { name, width }: TraceShape['sides'][number],
  form: SideForm = 'batched',
  length: Dim,
): FusedSource {
  if (typeof form === 'object') return { table: input(`table.${name}`, [form.rows, width]), ids: form.ids };
  return { values: input(`side.${name}`, [form === 'shared' ? 1 : 'batch', length, width]) };
}

function positionSource(width: number, form: PositionForm = 'shared', length: Dim): PositionSource {
  if (form === 'shared') return { values: input('position', [1, length, width]) };
  if (form === 'batched') return { values: input('position', ['batch', length, width]) };
  if (form === 'matrix') return { values: expandDims(input('position', [length, width]), 0) };
  if ('rows' in form) return { table: input('table.position', [form.rows, width]) };
  return { values: expandDims(slice(input('position', [form.cutFrom, width]), 0, 0, length), 0) };
}

/** Tables looked up: the definition takes vectors. */
function vectorsOf({ sides, position }: FusedSources, length: Dim): DifSources {
  const looked = (source: FusedSource): Tensor =>
    'values' in source ? source.values : gather(source.table, source.ids);
  const placed = (source: PositionSource): Tensor =>
    'values' in source || 'ids' in source ? looked(source) : gather(source.table, expandDims(iota(length), 0));
  return { sides: sides.map(looked), ...(position === undefined ? {} : { position: placed(position) }) };
}

/** A mask that hides nothing; adding it vanishes when a graph is simplified. */
function nothingHidden(): AttentionMask {
  return { additive: constantArray([0], [1, 1, 1, 1]), visible: constantArray([1], [1, 1, 1, 1], 'bool') };
}

function maskOf(form: MaskForm, length: Dim, causal: boolean): AttentionMask {
  if (form === 'valid') return attentionMask(length, { valid: input('valid', ['batch', length], 'bool'), causal });
  if (form === 'none') return causal ? attentionMask(length, { causal }) : nothingHidden();
  const ranked = (mask: Tensor): Tensor => (mask.shape.length === 3 ? expandDims(mask, 1) : mask);
  const additive = ranked(input('mask', form.additive));
  const visible =
    typeof form.visible === 'function' ? form.visible(additive) : ranked(input('visible', form.visible, 'bool'));
  if (!causal) return { additive, visible };
  const order = attentionMask(length, { causal });
  return { additive: add(additive, order.additive), visible: and(visible, order.visible) };
}
