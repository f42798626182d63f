// The gradient of an attention, imported on demand: bundlers keep the gradients of all operators out of what every page loads.
import { createGraph, differentiate, input, optimize, type Graph } from '@difsr/graph';
import { traceAttention } from '../trace.js';
import type { CompleteDifAttentionConfig } from './config.js';
import { maskForm, type GraphOptions } from './graphs.js';

/** The definition and its gradient: also an input `cotangent` like the output, and outputs `grad.NAME` of all float inputs. */
export function gradientGraph(config: CompleteDifAttentionConfig, options: GraphOptions): Graph {
  const { output } = traceAttention(config, { mask: maskForm(options) }, { kernel: 'unfused' });
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
  return optimize(createGraph({ output, ...Object.fromEntries(named) }));
}
