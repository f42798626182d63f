// What a user relies on beside the numbers: nothing left alive, training, dropout by seed, one trace per configuration, and
// errors that say what to do.
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEVICES, use } from './devices.test.support.js';
import { traced, type TraceConfig } from './traced.js';
import {
  difAttention,
  AttentionError,
  difAttentionWeights,
  type DifAttentionMask,
  type DifAttentionOptions,
} from './index.js';

const SHAPE = { width: 8, sides: [4], position: 6, heads: 2 } as const;

function sources() {
  return {
    item: tf.randomNormal([2, 5, 8], 0, 1, 'float32', 1),
    side: tf.randomNormal([2, 5, 4], 0, 1, 'float32', 2),
    position: tf.randomNormal([5, 6], 0, 1, 'float32', 3),
    valid: tf.tensor2d([1, 1, 1, 1, 1, 1, 1, 0, 0, 0], [2, 5], 'bool'),
  };
}

describe.each(DEVICES)('%s', (device) => {
  beforeAll(() => use(device));

  it('leaves nothing alive: the same number of tensors after 1,000 calls', () => {
    const { item, side, position, valid } = sources();
    const weights = difAttentionWeights(SHAPE);
    const call = (seed: number): void =>
      difAttention(item, {
        sides: [side],
        position,
        heads: 2,
        mask: { causal: true, valid },
        weights,
        dropout: { rate: 0.25, seed },
      }).dispose();
    call(0);
    const before = tf.memory().numTensors;
    for (let i = 1; i <= 1000; i++) call(i);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('takes any byte of a bool tensor but 0 as true', () => {
    const { item, side, position, valid } = sources();
    const weights = difAttentionWeights({ ...SHAPE, deviation: 0.3 });
    const bytes = tf.tensor(Uint8Array.of(2, 255, 1, 4, 128, 64, 3, 0, 0, 0), [2, 5], 'bool');
    const call = (own: tf.Tensor): Float32Array | Int32Array | Uint8Array => {
      const options = { sides: [side], position, heads: 2, mask: { causal: true, valid: own }, weights };
      return tf
        .grad((x: tf.Tensor) => difAttention(x, options))(item)
        .dataSync();
    };
    expect(call(bytes)).toEqual(call(valid));
    expect(bytes.isDisposed).toBe(false);
    const before = tf.memory().numTensors;
    tf.tidy(() => call(bytes));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('trains by an optimizer of tfjs; 100 steps leave nothing alive, and the loss halves', () => {
    const { item, side, position, valid } = sources();
    const weights = difAttentionWeights({ ...SHAPE, deviation: 0.3, seed: 5 });
    const target = tf.randomUniform([2, 5, 8], -1, 1, 'float32', 4);
    const optimizer = tf.train.adam(0.02);
    const step = (): number => {
      const loss = optimizer.minimize(
        () => {
          const y = difAttention(item, { sides: [side], position, heads: 2, mask: { causal: true, valid }, weights });
          return tf.losses.meanSquaredError(target, y) as tf.Scalar;
        },
        true,
        Object.values(weights),
      );
      const value = loss?.dataSync()[0] ?? NaN;
      loss?.dispose();
      return value;
    };
    const first = step();
    const before = tf.memory().numTensors;
    let last = first;
    for (let i = 0; i < 100; i++) last = step();
    expect(tf.memory().numTensors).toBe(before);
    expect(last).toBeLessThan(first / 2);
  });
});

describe('difAttention', () => {
  beforeAll(() => use('cpu'));
  const plain = (options: Partial<DifAttentionOptions> = {}): tf.Tensor => {
    const { item, side, position } = sources();
    return difAttention(item, { sides: [side], position, heads: 2, weights: difAttentionWeights(SHAPE), ...options });
  };

  it('drops probabilities by the seed alone', () => {
    const run = (seed: number): number[] => [...plain({ dropout: { rate: 0.5, seed } }).dataSync()];
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    expect(run(1)).not.toEqual([...plain().dataSync()]);
    expect([...plain({ dropout: { rate: 0, seed: 1 } }).dataSync()]).toEqual([...plain().dataSync()]);
  });

  it('hides later items and padding', () => {
    const { item, side, position, valid } = sources();
    const weights = difAttentionWeights({ ...SHAPE, deviation: 1 });
    const run = (x: tf.Tensor, s: tf.Tensor): number[] =>
      difAttention(x, { sides: [s], position, heads: 2, mask: { causal: true, valid }, weights }).arraySync()[1]?.[1] ??
      [];
    const later = tf.tidy(() =>
      tf.mul(tf.reshape(tf.cast(tf.greaterEqual(tf.range(0, 5), 2), 'float32'), [1, 5, 1]), 3),
    );
    expect(run(tf.add(item, later), tf.add(side, later))).toEqual(run(item, side));
  });

  it('takes a side that all rows share, and masks with axes of size 1', () => {
    const { item, position, side } = sources();
    const weights = difAttentionWeights(SHAPE);
    const one = tf.slice(side, [0, 0, 0], [1, 5, 4]);
    const shared = difAttention(item, { sides: [one], position, heads: 2, weights });
    const repeated = difAttention(item, { sides: [tf.tile(one, [2, 1, 1])], position, heads: 2, weights });
    expect([...shared.dataSync()]).toEqual([...repeated.dataSync()]);
    const additive = tf.tensor4d([0, 0, 0, -1e4, -1e4], [1, 1, 1, 5]);
    const valid = tf.tensor2d([1, 1, 1, 0, 0, 1, 1, 1, 0, 0], [2, 5], 'bool');
    const options = { sides: [side], position, heads: 2, weights };
    expect([...difAttention(item, { ...options, mask: { additive } }).dataSync()]).toEqual([
      ...difAttention(item, { ...options, mask: { valid } }).dataSync(),
    ]);
  });

  it('counts hidden scores as zero in a gate, by `visible` or by what `additive` hides', () => {
    const { item, position, side } = sources();
    const shape = { ...SHAPE, fusion: 'gate', maxLength: 5, deviation: 1 } as const;
    const options = { sides: [side], position, heads: 2, fusion: 'gate', weights: difAttentionWeights(shape) } as const;
    const earlier = tf.reshape(tf.linalg.bandPart(tf.ones([5, 5]), -1, 0), [1, 1, 5, 5]);
    const additive = tf.mul(tf.sub(earlier, 1), 1e4);
    const run = (mask: DifAttentionOptions['mask'] & object): number[] => [
      ...difAttention(item, { ...options, mask }).dataSync(),
    ];
    expect(run({ additive })).toEqual(run({ causal: true }));
    expect(run({ additive, visible: tf.cast(earlier, 'bool') })).toEqual(run({ causal: true }));
    expect(run({ additive, visible: tf.onesLike(tf.cast(earlier, 'bool')) })).not.toEqual(run({ causal: true }));
  });

  it('takes `visible` beside `additive` with a sum, which does not need it', () => {
    const { additive } = { additive: tf.mul(tf.sub(1, tf.linalg.bandPart(tf.ones([5, 5]), -1, 0)), -10000) };
    const own = tf.reshape(additive, [1, 1, 5, 5]);
    const visible = tf.cast(tf.add(own, 1), 'bool');
    const gradients = (mask: DifAttentionMask): number[] => [
      ...tf
        .grad((x: tf.Tensor) => plain({ mask, position: x }))(sources().position)
        .dataSync(),
    ];
    expect([...plain({ mask: { additive: own, visible } }).dataSync()]).toEqual([
      ...plain({ mask: { causal: true } }).dataSync(),
    ]);
    expect(gradients({ additive: own, visible })).toEqual(gradients({ causal: true }));
    expect(() => plain({ mask: { additive: own, visible: tf.ones([5, 5], 'bool') } })).toThrow(
      /mask\.visible is bool \[5, 5\]/,
    );
  });

  it.each<[string, () => Partial<DifAttentionOptions>, RegExp]>([
    [
      'a side of another length',
      () => ({ sides: [tf.zeros([2, 4, 4])] }),
      /sides\[0\] is float32 \[2, 4, 4\], expected float32 \[2, 5, width\]/,
    ],
    [
      'a side too few',
      () => ({ sides: [] }),
      /weights hold "query\.side0\.weight", for which there is no source.*sides: \[\]/,
    ],
    [
      'a side of another width',
      () => ({ sides: [tf.zeros([2, 5, 6])] }),
      /weight "query\.side0\.weight" is float32 \[4, 4\], expected float32 \[6, 6\].*sides: \[6\]/,
    ],
    [
      'positions that end early',
      () => ({ position: tf.zeros([3, 6]) }),
      /position is float32 \[3, 6\].*at least the 5 rows/,
    ],
    ['heads that do not divide', () => ({ heads: 3 }), /heads is a divisor of the item's width 8, got 3/],
    [
      'a mask of numbers',
      () => ({ mask: { valid: tf.ones([2, 5]) } }),
      /mask\.valid is float32 \[2, 5\], expected bool \[2, 5\], such as tf\.notEqual/,
    ],
    [
      'a mask without an axis for heads',
      () => ({ mask: { additive: tf.zeros([5, 5]) } }),
      /mask\.additive is float32 \[5, 5\], expected float32 \[2, 1, 5, 5\]/,
    ],
    ['a gate without its weights', () => ({ fusion: 'gate' }), /no "fusion\.hidden\.weight".*fusion: 'gate'/],
    // What TypeScript does not let through comes from JavaScript.
    ['an option that it does not know', () => ({ masks: {} }) as object, /has no option "masks"; .*fusion, form, mask/],
    ['a fusion that it does not know', () => ({ fusion: 'gated' }) as object, /fusion is one of .*gate, got "gated"/],
    ['sides that are no list', () => ({ sides: undefined }) as object, /needs the option "sides"/],
    ['a side that is no tensor', () => ({ sides: [[1]] }) as object, /sides\[0\] is a tensor of tfjs, got a list/],
    [
      'a misspelt key of the mask',
      () => ({ mask: { casual: true } }) as object,
      /mask has no option "casual"; .*causal/,
    ],
    [
      'a text for a truth value',
      () => ({ mask: { causal: 'false' } }) as object,
      /mask\.causal is true or false, got "false"/,
    ],
    [
      'causal beside additive',
      () => ({ mask: { causal: true, additive: tf.zeros([1, 1, 5, 5]) } }) as object,
      /mask takes causal and valid, or additive and visible, got "causal"/,
    ],
    [
      'valid beside visible',
      () => ({ mask: { visible: tf.ones([1, 1, 5, 5], 'bool'), valid: tf.ones([2, 5], 'bool') } }) as object,
      /got "valid" beside/,
    ],
    [
      'visible alone',
      () => ({ mask: { visible: tf.ones([1, 1, 5, 5], 'bool') } }) as object,
      /needs the option "mask\.additive"/,
    ],
    [
      'a mask that is an array',
      () => ({ mask: { valid: Uint8Array.of(1) } }) as object,
      /mask\.valid is a tensor of tfjs, got a Uint8Array/,
    ],
    ['a mask that is a tensor', () => ({ mask: tf.ones([2, 5], 'bool') }) as object, /mask has no option/],
    ['a scale that is no number', () => ({ scale: NaN }), /scale is a finite number, got NaN/],
    [
      'a misspelt key of the dropout',
      () => ({ dropout: { rat: 0.5, seed: 1 } }) as object,
      /dropout has no option "rat"/,
    ],
    ['a dropout without a seed', () => ({ dropout: { rate: 0.5 } }) as object, /needs the option "dropout\.seed"/],
    [
      'a rate that is no share',
      () => ({ dropout: { rate: 1.5, seed: 1 } }),
      /dropout\.rate is a share in \[0, 1\), got 1\.5/,
    ],
    ['heads of another type', () => ({ heads: '2' }) as object, /heads is a whole number from 1 on, got "2"/],
  ])('says what is wrong with %s', (_, options, message) => {
    expect(() => plain(options())).toThrow(message);
    expect(() => plain(options())).toThrow(AttentionError);
  });

  it('says for how long a sequence concat and gate were made', () => {
    const { item, side, position } = sources();
    const shape = { ...SHAPE, fusion: 'gate', maxLength: 4 } as const;
    const options = { sides: [side], position, heads: 2, fusion: 'gate', weights: difAttentionWeights(shape) } as const;
    expect(() => difAttention(item, options)).toThrow(/sequences of 5.*at most 4.*larger maxLength/);
  });
});

it('is traced once per configuration', () => {
  const config: TraceConfig = {
    width: 4,
    heads: 1,
    sides: [],
    fusion: 'sum',
    form: 'causal-safe',
    maxLength: 1,
    mask: { kind: 'pattern', causal: true, valid: false },
    dropout: 0,
  };
  expect(traced({ ...config })).toBe(traced(config));
  expect(traced({ ...config, heads: 2 })).not.toBe(traced(config));
});

describe('difAttentionWeights', () => {
  it('gives the same weights for the same seed, and trainable ones', () => {
    const [a, b, c] = [1, 1, 2].map((seed) => difAttentionWeights({ ...SHAPE, seed }));
    const of = (weights: Record<string, tf.Variable> | undefined): number[] => [
      ...(weights?.['query.weight']?.dataSync() ?? []),
    ];
    expect(of(a)).toEqual(of(b));
    expect(of(a)).not.toEqual(of(c));
    expect(Object.values(a ?? {}).every(({ trainable }) => trainable)).toBe(true);
  });

  it.each([
    [{ ...SHAPE, heads: 3 }, /width 8 cannot be split into 3 heads/],
    [{ ...SHAPE, sides: [1] }, /a source of width 1 cannot be split into 2 heads/],
    [{ ...SHAPE, sides: [0] }, /sides\[0\] is a whole number from 1 on, got 0/],
    [{ ...SHAPE, fusion: 'concat' } as const, /fusion "concat" has a weight per column: give maxLength/],
  ])('says which size does not fit', (shape, message) => {
    expect(() => difAttentionWeights(shape)).toThrow(message);
  });
});
