// The family. All four differ only in where scores come from; values are always the item stream:
//
//   vanilla       scores(R)                                  SASRec, BERT4Rec
//   early fusion  scores(fuse(R, E)), values fuse(R, E)      SASRecF: the stream itself carries side information
//   NOVA          scores(fuse(R, E)), values R               Liu et al., AAAI 2021
//   DIF           fuse(scores(R), scores(E_1), ..)           Xie et al., SIGIR 2022, eq. (8)-(10)
import { add, concat, mul, sigmoid, GraphError, type Tensor } from '@difsr/graph';
import { declareLinear, linear, widthOf, type LinearWeights, type Scope } from '@difsr/nn';
import {
  attendRules,
  checkGraphOptions,
  difRules,
  shapeRules,
  type AttendOptions,
  type DifShape,
  type Fusion,
  type FusionForm,
} from './graph-options.js';
import { declareFusion, fuse, fuseUnmasked, type FusionWeights } from './fusion.js';
import {
  attend,
  declareSource,
  declareValue,
  headSize,
  scores,
  type Attention,
  type AttentionBySource,
  type SourceWeights,
  type ValueWeights,
} from './scores.js';

/** Weights of an attention whose scores come from one stream. */
export interface AttentionWeights extends ValueWeights {
  readonly item: SourceWeights;
}

/** Weights of DIF attention: one query and key more per side source. */
export interface DifWeights extends AttentionWeights {
  /** In the order of the side sources. */
  readonly sides: readonly SourceWeights[];
  /** Of the position source, if positions are one. */
  readonly position?: SourceWeights;
  readonly fusion: FusionWeights;
}

/** Side sources of DIF attention, each of its own width. */
export interface DifSources {
  /** `[b, n, width_j]` each */
  readonly sides: readonly Tensor[];
  /** `[1, n, width]`: its scores do not depend on the batch */
  readonly position?: Tensor;
}

/** Scaled dot-product attention (Vaswani et al., 2017): `stream [b, n, d] -> [b, n, d]`. */
export function vanillaAttention(stream: Tensor, weights: AttentionWeights, options: AttendOptions): Attention {
  checkGraphOptions('vanillaAttention', options, attendRules);
  return attend(scores(stream, weights.item, options.heads, { toSoftmax: true }), stream, weights, options);
}

/** NOVA: the fused stream asks and answers, the item stream alone is passed on. */
export function novaAttention(
  item: Tensor,
  fused: Tensor,
  weights: AttentionWeights,
  options: AttendOptions,
): Attention {
  checkGraphOptions('novaAttention', options, attendRules);
  return attend(scores(fused, weights.item, options.heads, { toSoftmax: true }), item, weights, options);
}

/**
 * DIF attention, eq. (8)-(10): every source has its own query and key, their scores are fused, values come from the item stream alone.
 *
 * @param item `[b, n, d]`
 * @returns output `[b, n, d]`; one scale, `1/sqrt(d/heads)` of the item head, serves the fused score.
 * @example
 * ```ts
 * const scope = new Scope({ training: false });
 * const weights = declareDif(scope, { width: 16, sides: [8, 4], position: 16, heads: 2, fusion: 'sum', maxLength: 50, deviation: 0.02 });
 * const { output } = difAttention(item, { sides: [category, brand], position }, weights, { heads: 2, mask: causalMask(items) });
 * ```
 */
export function difAttention(
  item: Tensor,
  sources: DifSources,
  weights: DifWeights,
  options: AttendOptions & { readonly form?: FusionForm },
): AttentionBySource {
  checkGraphOptions('difAttention', options, difRules);
  const { heads, mask, form = 'causal-safe', ...rest } = options;
  if (
    sources.sides.length !== weights.sides.length ||
    (sources.position === undefined) !== (weights.position === undefined)
  ) {
    throw new GraphError(
      `${sources.sides.length} side sources${sources.position ? ' and position' : ''} against weights for ${weights.sides.length}${weights.position ? ' and position' : ''}`,
    );
  }
  const how = { toSoftmax: weights.fusion.fusion === 'sum' };
  const sides = weights.sides.flatMap((own, j) => {
    const values = sources.sides[j];
    return values === undefined ? [] : [scores(values, own, heads, how)];
  });
  const position = sources.position && weights.position ? [scores(sources.position, weights.position, heads, how)] : [];
  const own = scores(item, weights.item, heads, how);
  const all = [...sides, own, ...position];
  const attended = attend(fuse(all, weights.fusion, mask, form), item, weights, { heads, mask, ...rest });
  const [placed] = position;
  return {
    ...attended,
    sources: { sides, item: own, ...(placed === undefined ? {} : { position: placed }) },
    unmasked: () => {
      const whole = fuseUnmasked(all, weights.fusion, mask, form);
      return whole && mul(whole, rest.scale ?? 1 / Math.sqrt(headSize(widthOf(item), heads)));
    },
  };
}

/** Declares a vanilla or NOVA attention of one width. */
export function declareAttention(scope: Scope, width: number, heads: number, deviation: number): AttentionWeights {
  return {
    item: declareSource(scope, { query: 'query', key: 'key' }, width, heads, deviation),
    ...declareValue(scope, width, deviation),
  };
}

/** Declares a DIF attention. `sides` are the widths of the side sources, `position` that of positions, if they are a source. */
export function declareDif(scope: Scope, shape: DifShape): DifWeights {
  checkGraphOptions('declareDif', shape, shapeRules);
  const { width, sides, position, heads, fusion, maxLength, deviation } = shape;
  const names = (suffix: string): { query: string; key: string } => ({
    query: `query.${suffix}`,
    key: `key.${suffix}`,
  });
  return {
    ...declareAttention(scope, width, heads, deviation),
    sides: sides.map((side, j) => declareSource(scope, names(`side${j}`), side, heads, deviation)),
    ...(position === undefined
      ? {}
      : { position: declareSource(scope, names('position'), position, heads, deviation) }),
    fusion: declareFusion(
      scope.child('fusion'),
      fusion,
      sides.length + 1 + (position === undefined ? 0 : 1),
      maxLength,
      deviation,
    ),
  };
}

/** How embeddings are fused before attention (SASRecF, NOVA): added, concatenated and projected, or gated. */
export type StreamFusionWeights =
  | { readonly fusion: 'sum' }
  | { readonly fusion: 'concat'; readonly projection: LinearWeights }
  /** NOVA's gate: each source weighted by the sigmoid of one score of its own */
  | { readonly fusion: 'gate'; readonly gate: LinearWeights };

/** Declares what fusing streams of the given widths into `width` needs; all but `concat` need equal widths. */
export function declareStreamFusion(
  scope: Scope,
  fusion: Fusion,
  width: number,
  widths: readonly number[],
  deviation: number,
): StreamFusionWeights {
  if (fusion === 'concat')
    return {
      fusion,
      projection: declareLinear(
        scope.child('projection'),
        widths.reduce((a, b) => a + b, 0),
        width,
        deviation,
      ),
    };
  const other = widths.find((own) => own !== width);
  if (other !== undefined)
    throw new GraphError(
      `${fusion} fusion of streams needs equal widths, got ${other} beside ${width}: use "concat", or side width ${width}`,
    );
  return fusion === 'sum' ? { fusion } : { fusion, gate: declareLinear(scope.child('gate'), width, 1, deviation) };
}

/** Fuses streams `[b, n, width_j]` to `[b, n, width]`. */
export function fuseStreams(streams: readonly Tensor[], weights: StreamFusionWeights): Tensor {
  switch (weights.fusion) {
    case 'sum':
      return streams.reduce((a, b) => add(a, b));
    case 'concat':
      return linear(concat(streams, 2), weights.projection);
    case 'gate':
      return streams.map((stream) => mul(stream, sigmoid(linear(stream, weights.gate)))).reduce((a, b) => add(a, b));
  }
}
