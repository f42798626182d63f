// One attention with two sides, positions and padding, in Node and in the page alike: numbers are a function of their names.
import type { AttentionInputs, AttentionValues, DifAttention, DifAttentionConfig } from '@difsr/attention';
import { normal, streamId } from '@difsr/graph';

/** A backend and its device. */
export type Engine = Required<Pick<DifAttentionConfig, 'backend'>> & Pick<DifAttentionConfig, 'device'>;

/** How score matrices are fused. */
export type Fusion = NonNullable<DifAttentionConfig['fusion']>;

/** A shape that no kernel has to itself: widths, heads and lengths that are no multiples of four but where they must be. */
export const SHAPE: Pick<DifAttentionConfig, 'width' | 'heads' | 'maxLength' | 'position'> & {
  readonly sides: readonly { readonly name: string; readonly width: number }[];
} = {
  width: 12,
  heads: 2,
  maxLength: 9,
  position: 12,
  sides: [
    { name: 'genre', width: 6 },
    { name: 'brand', width: 10 },
  ],
};
const batch = 3;
const length = 7;

/** Standard normal numbers, the same everywhere for a name. */
function numbers(name: string, count: number): Float32Array {
  return Float32Array.from(normal({ seed: 5, step: 0, stream: streamId(name) }, count));
}

/** The inputs; the second and third row end in padding. */
export const INPUTS: AttentionInputs = {
  batch,
  length,
  item: numbers('item', batch * length * SHAPE.width),
  sides: Object.fromEntries(SHAPE.sides.map(({ name, width }) => [name, numbers(name, batch * length * width)])),
  position: numbers('position', length * SHAPE.width),
  valid: Uint8Array.from({ length: batch * length }, (_, i) =>
    i % length < [7, 4, 1][Math.floor(i / length)]! ? 1 : 0,
  ),
};

/** The gradient of a loss with respect to the output. */
export const COTANGENT: Float32Array = numbers('cotangent', batch * length * SHAPE.width);

/** Weights of which none is zero, for the names and sizes of `like`. */
export function weightsLike(like: Readonly<Record<string, { readonly length: number }>>): AttentionValues {
  return Object.fromEntries(
    Object.entries(like).map(([name, { length: count }]) => [name, numbers(name, count).map((value) => value * 0.3)]),
  );
}

/** Named numbers, as they cross from the page to the test. */
export type Values = Record<string, number[]>;

/** What is computed: on software WebGPU every kernel is compiled slowly, so that gradients are left to faster devices. */
export type Wanted = 'forward' | 'gradients';

/** The output of an attention, and its gradients if they are wanted, on weights of which none is zero. */
export async function computed(attention: DifAttention, wanted: Wanted): Promise<Values> {
  try {
    await attention.writeWeights(weightsLike(await attention.readWeights()));
    const forward = [...(await attention.forward(INPUTS))];
    if (wanted === 'forward') return { forward };
    const { output, gradients } = await attention.gradient(INPUTS, COTANGENT);
    const named: Record<string, Float32Array> = {
      output,
      'gradient of item': gradients.item,
      ...prefixed('gradient of side ', gradients.sides),
      ...prefixed('gradient of ', gradients.weights),
      ...(gradients.position && { 'gradient of position': gradients.position }),
    };
    return { forward, ...Object.fromEntries(Object.entries(named).map(([name, values]) => [name, [...values]])) };
  } finally {
    await attention.dispose();
  }
}

function prefixed(prefix: string, values: Readonly<Record<string, Float32Array>>): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));
}
