// Weights that were trained with the published code, as parameters of a model here: names, shared tables and shapes are
// settled once, so that a state_dict saved as safetensors can be ranked with, exported or trained on.
import { checkOptions, option, type OptionRules } from '@difsr/errors';
import { sizeOf, type HostTensor } from '@difsr/graph';
import type { SafetensorsTensor } from '@difsr/nn';
import type { ModelInstance } from './definition.js';
import { RunError } from './run-error.js';
import { trainingTask } from './tasks.js';

/** Parameters made from the published code's, and what was left over on either side. */
export interface ReferenceWeights {
  /** Values by our parameter names, float32 as far as the model is concerned; the data may be float64. */
  readonly tensors: Readonly<Record<string, HostTensor>>;
  /** Our parameters that the file has nothing for; empty unless `partial`. */
  readonly missing: readonly string[];
  /** Names in the file that this model has no use for. */
  readonly unused: readonly string[];
}

/** How strict to be. */
export interface ReferenceWeightsOptions {
  /** Lists parameters without a counterpart in `missing` instead of failing; give them initial values. Default: false. */
  readonly partial?: boolean;
}

const OPTIONS: OptionRules<ReferenceWeightsOptions> = { partial: option.flag };

/** Missing names that an error lists. */
const MOST_NAMES = 5;

/**
 * Reads the weights of the published code (RecBole's SASRec and SASRecF, DIF-SR's own) into a model.
 *
 * Its item ids and attribute ids must number things as the model's schema does. DIF-SR's published code keeps the tables of
 * attributes outside of its state_dict (`feature_embed_layer_list.*`): save them with it, or ask for what is there with `partial`.
 *
 * @param model made with the options that the weights were trained with, `paddingClass: true` and, for DIF-SR's concat and
 * gate, `fusionForm: 'reference'` among them
 * @param state tensors by the names of the state_dict, such as `decodeSafetensors(bytes).tensors`
 * Matrices are `[out, in]`, as PyTorch's Linear has them. A square one that was transposed on its way (by a converter that stores
 * `[in, out]`, as ONNX and Keras do) has the right shape and cannot be told from a right one: compare the scores of a known
 * history with those of the published code before you rely on weights that came another way than a state_dict.
 *
 * @throws RunError where a tensor is missing, of another shape (with a hint where it looks transposed), not of floats, or holds
 * NaN or infinity; it names the tensor on both sides.
 * @example
 * ```ts
 * const { tensors } = readReferenceWeights(model, decodeSafetensors(bytes).tensors);
 * const variables = await backend.createVariables({ ...tensors, 'feature.brand': brandOfItem });
 * ```
 */
export function readReferenceWeights(
  model: ModelInstance,
  state: Readonly<Record<string, SafetensorsTensor>>,
  options: ReferenceWeightsOptions = {},
): ReferenceWeights {
  checkOptions('readReferenceWeights', options, OPTIONS, RunError);
  const tensors: Record<string, HostTensor> = {};
  const missing: string[] = [];
  const absent: string[] = [];
  const used = new Set<string>();
  for (const { name, shape } of trainingTask(model, { training: false }).parameters) {
    const theirs = model.referenceNames.get(name);
    const found = theirs === undefined ? undefined : state[theirs.name];
    if (theirs === undefined || found === undefined) {
      missing.push(name);
      absent.push(theirs === undefined ? `${name} (it has no name there)` : theirs.name);
      continue;
    }
    used.add(theirs.name);
    tensors[name] = valuesOf(name, shape, theirs, found);
  }
  if (missing.length > 0 && options.partial !== true)
    throw new RunError({
      what: `the weights lack ${absent.length} of the tensors of ${model.name}: ${absent.slice(0, MOST_NAMES).join(', ')}${absent.length > MOST_NAMES ? ', ..' : ''}`,
      cure: 'make the model with the options that they were trained with (layers, fields, fusion, attributeLoss), save what the published code keeps outside of its state_dict as well, or pass { partial: true }',
    });
  return { tensors, missing, unused: Object.keys(state).filter((name) => !used.has(name)) };
}

function valuesOf(
  name: string,
  shape: readonly number[],
  { name: theirs, rows }: { readonly name: string; readonly rows?: readonly [start: number, end: number] },
  found: SafetensorsTensor,
): HostTensor {
  const { dtype, data } = found;
  const tensor = `"${theirs}" (${name} here)`;
  if (dtype !== 'F32' && dtype !== 'F64')
    throw new RunError({
      what: `tensor ${tensor} has dtype ${dtype}, expected F32 or F64`,
      cure: 'save the weights as float32',
    });
  // A table that fields share is as wide as ours and at least as long as the rows that are ours.
  const [count = 0, ...rest] = found.shape;
  const own = rows === undefined ? found.shape : [Math.min(rows[1], count) - rows[0], ...rest];
  const hint =
    shape.length === 2 && String([...own].reverse()) === String(shape)
      ? '. It looks transposed: linear maps are [out, in], as PyTorch has them'
      : '';
  if (!sameButOnes(own, shape))
    throw new RunError({
      what: `tensor ${tensor} has shape [${found.shape.join(', ')}]${rows === undefined ? '' : ` (rows ${rows[0]} to ${rows[1]} are wanted)`}, the model needs [${shape.join(', ')}]${hint}`,
      cure: 'make the model with the sizes that the weights were trained with, and with the data set that numbers items and attributes as they do',
    });
  const from = (rows?.[0] ?? 0) * sizeOf(rest);
  const values = data.slice(from, from + sizeOf(shape));
  const at = values.findIndex((value) => !Number.isFinite(Math.fround(value)));
  if (at !== -1)
    throw new RunError({
      what: `tensor ${tensor} holds ${values[at]} at position ${from + at}, which is no weight (finite float32 numbers are)`,
      cure: 'save the weights of an epoch whose loss was finite',
    });
  return { dtype: 'float32', shape, data: values };
}

/** Whether shapes are the same, axes of size 1 aside: filters over one channel have more of them there. */
function sameButOnes(theirs: readonly number[], ours: readonly number[]): boolean {
  const rest = (shape: readonly number[]): string => String(shape.filter((size) => size !== 1));
  return String(theirs) === String(ours) || (theirs.length > ours.length && rest(theirs) === rest(ours));
}
