// The transformer stack that all models share; what differs is the attention, handed in.
import { add, at, equal, not, type Tensor } from '@difsr/graph';
import { attentionMask, type Attention, type AttendOptions } from '@difsr/attention';
import { declareFeedForward, declareNorm, feedForward, layerNorm, type Scope } from '@difsr/nn';
import type { TransformerConfig } from './config.js';
import type { BuildContext } from './model.js';
import { withUsers } from './fields.js';

/** Declares and applies one layer's attention: `(scope, stream, options)`. */
export type LayerAttention = (scope: Scope, stream: Tensor, options: AttendOptions) => Pick<Attention, 'output'>;

/** The embedded input with what is known of its user, LayerNorm and dropout. `x [batch, length, d]`; `dropout` names the mask. */
export function embedInput(context: BuildContext<TransformerConfig>, x: Tensor, dropout = 'input'): Tensor {
  const { scope, config } = context;
  const { hiddenSize: width, initializerRange: deviation } = config;
  return scope.dropout(
    layerNorm(
      withUsers(context, x, { width, deviation }),
      declareNorm(scope.child('norm'), width),
      config.layerNormEpsilon,
    ),
    config.hiddenDropout,
    dropout,
  );
}

/**
 * Post-norm layers (Kang & McAuley, ICDM 2018, with BERT's GELU):
 * `R <- LN(R + Drop(attention(R)))`, then `R <- LN(R + Drop(W_2 gelu(W_1 R)))`.
 *
 * @param options `readsPadding`: whether rows of padding reach the others, as where whole rows of scores are fused;
 * `causal` (default): whether a place sees those before it alone, or all.
 * @returns the output of every layer, `[batch, length, d]` each.
 */
export function encode(
  scope: Scope,
  x: Tensor,
  items: Tensor,
  config: TransformerConfig,
  attention: LayerAttention,
  { readsPadding = false, causal = true }: { readonly readsPadding?: boolean; readonly causal?: boolean } = {},
): Tensor[] {
  // Padding comes last, so that in causal sequences it is hidden from all but itself; without it the mask is the same for all rows.
  const needsValid = !(causal && scope.tabulated && !readsPadding);
  const mask = attentionMask(at(items.shape, 1), needsValid ? { causal, valid: not(equal(items, 0)) } : { causal });
  const scale = config.scale === 'hiddenSize' ? { scale: 1 / Math.sqrt(config.hiddenSize) } : {};
  const outputs: Tensor[] = [];
  let stream = x;
  for (let k = 0; k < config.layers; k++) {
    const layer = scope.child(`layers.${k}`);
    const [own, inner] = [layer.child('attention'), layer.child('feedForward')];
    const { output } = attention(own, stream, {
      heads: config.heads,
      mask,
      ...scale,
      dropout: (probabilities) => own.dropout(probabilities, config.attentionDropout, 'probabilities'),
    });
    stream = layerNorm(
      add(own.dropout(output, config.hiddenDropout, 'output'), stream),
      declareNorm(own.child('norm'), config.hiddenSize),
      config.layerNormEpsilon,
    );
    const hidden = feedForward(
      stream,
      declareFeedForward(inner, config.hiddenSize, config.innerSize, config.initializerRange),
    );
    stream = layerNorm(
      add(inner.dropout(hidden, config.hiddenDropout, 'output'), stream),
      declareNorm(inner.child('norm'), config.hiddenSize),
      config.layerNormEpsilon,
    );
    outputs.push(stream);
  }
  return outputs;
}
