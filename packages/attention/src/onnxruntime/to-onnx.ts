// DIF attention as an ONNX model of its own, for ONNX Runtime in any language and whatever else reads ONNX.
import { checkOptions, option, type OptionRules } from '@difsr/errors';
import type { HostTensor } from '@difsr/graph';
import { toOnnx } from '@difsr/onnx';
import { AttentionError } from '../error.js';
import { parseConfig, type DifAttentionConfig } from '../kernel/config.js';
import { parameterValues } from '../kernel/arrays.js';
import { modelGraph } from './graph.js';

/** Weights by name (`query.weight`, `key.side0.bias`, `output.weight`, `fusion.*`), matrices `[out, in]`; a bare array has its weight's shape. */
export type DifOnnxWeights = Readonly<Record<string, HostTensor | Float32Array>>;

/** What {@link difAttentionToOnnx} takes beside the configuration. */
export interface DifAttentionToOnnxOptions {
  /** Default: initial values drawn by the configuration's `seed`. */
  readonly weights?: DifOnnxWeights;
  /** Version of the standard operators, 9 to 26; default 17. */
  readonly opset?: number;
}

const OPTIONS: OptionRules<DifAttentionToOnnxOptions> = {
  weights: option.record(option.given),
  opset: option.whole(1),
};

/**
 * Writes a DIF attention (Xie et al., SIGIR 2022, eq. 8-10) as an ONNX model in standard operators alone.
 *
 * Inputs: `item` float [batch, length, width], `side.NAME` float [batch, length, width of the side], `position` float
 * [1, length, position] if the configuration has positions, `valid` bool [batch, length], false at padding. Output:
 * `output` float [batch, length, width]. `batch` and `length` are free (a position table, and `concat` and `gate`, take
 * sequences of at most `maxLength`). Of the words of the configuration that say how it runs, `kernel` counts: `unfused`
 * writes the definition, else its rewrite for inference; `backend`, `device`, `threads` and `precision` play no part.
 *
 * @returns the bytes of an .onnx file.
 * @throws AttentionError where the configuration is not valid or the weights do not fit it.
 * @throws GraphError where the operator set is out of range.
 * @example
 * ```ts
 * const bytes = difAttentionToOnnx({ width: 64, heads: 2, maxLength: 50, sides: [{ name: 'genre', width: 16 }] }, { weights });
 * const session = await InferenceSession.create(bytes);
 * const { output } = await session.run({ item, 'side.genre': genre, valid });
 * ```
 */
export function difAttentionToOnnx(config: DifAttentionConfig, options: DifAttentionToOnnxOptions = {}): Uint8Array {
  const complete = parseConfig(config);
  checkOptions('difAttentionToOnnx', options, OPTIONS, AttentionError);
  const { graph, parameters } = modelGraph(complete, { mask: 'valid' });
  return toOnnx(graph, {
    target: 'export',
    name: 'dif-attention',
    initializers: parameterValues(parameters, complete.seed, options.weights),
    ...(options.opset === undefined ? {} : { opset: options.opset }),
  });
}
