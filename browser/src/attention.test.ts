// DIF attention in the page equals the reference interpreter in Node: every backend and device of a browser, every fusion.
import { createDifAttention } from '@difsr/attention';
import { describe, expect, it } from 'vitest';
import { computed, SHAPE, type Engine, type Fusion, type Values, type Wanted } from './attention-case.js';
import { usePage } from './page.test.support.js';

const page = usePage();
const FUSIONS: readonly Fusion[] = ['sum', 'concat', 'gate'];
const ENGINES: readonly (Engine & { readonly wanted: Wanted })[] = [
  { backend: 'tfjs', device: 'wasm', wanted: 'gradients' },
  { backend: 'tfjs', device: 'cpu', wanted: 'gradients' },
  { backend: 'tfjs', device: 'webgpu', wanted: 'forward' },
  { backend: 'onnxruntime', device: 'cpu', wanted: 'gradients' },
  { backend: 'onnxruntime', device: 'webgpu', wanted: 'forward' },
];
/** Of the largest number of a tensor. */
const TOLERANCE = 1e-4;

const references = new Map<Fusion, Promise<Values>>();
/** Values of the float64 interpreter. */
function reference(fusion: Fusion): Promise<Values> {
  const known = references.get(fusion);
  if (known !== undefined) return known;
  const made = createDifAttention({ ...SHAPE, backend: 'reference', fusion }).then((attention) =>
    computed(attention, 'gradients'),
  );
  references.set(fusion, made);
  return made;
}

function expectClose(found: Values, expected: Values): void {
  expect(Object.keys(found).toSorted()).toEqual(Object.keys(expected).toSorted());
  for (const [name, values] of Object.entries(expected)) {
    const largest = Math.max(1, ...values.map(Math.abs));
    const differences = values.map((value, i) => Math.abs(value - (found[name]?.[i] ?? Number.NaN)));
    expect(found[name]?.length, name).toBe(values.length);
    expect(Math.max(...differences), name).toBeLessThan(TOLERANCE * largest);
  }
}

describe.each(FUSIONS)('fusion %s', (fusion) => {
  it.each(ENGINES)('on $backend $device: $wanted', async ({ wanted, ...engine }) => {
    const found = await page.use((actions, given) => actions.attentionOn(given.engine, given.fusion, given.wanted), {
      engine,
      fusion,
      wanted,
    });
    const { forward = [], ...gradients } = await reference(fusion);
    expectClose(found, wanted === 'forward' ? { forward } : { forward, ...gradients });
  });

  it('as a function on tensors: output and tf.grads, nothing left behind', async () => {
    const { forward: _, ...expected } = await reference(fusion);
    const { values, left } = await page.use((actions, given) => actions.attentionFunction(given), fusion);
    expectClose(values, expected);
    expect(left).toBe(0);
  });
});
