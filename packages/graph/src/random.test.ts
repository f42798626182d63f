// The generator's promises: frozen bits, prefix property, right rates, and no visible tie between neighbouring keys.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fillMask,
  fillWords,
  keepScale,
  normal,
  permutation,
  quantisedRate,
  RandomArgumentError,
  randomInts,
  type RandomKey,
  streamId,
  uniformAt,
} from './random.js';

const KEY: RandomKey = { seed: 42, step: 3, stream: streamId('test') };
const GOLDEN = {
  zero: [2181927513, 2456292042, 497726658, 1474633918],
  words: [2454665546, 3234957120, 1545919014, 3782064619],
  large: [3150232249, 691385276],
  mask: '0001011101001101',
  uniform: 0.35993732423022784,
  permutation: [3, 0, 4, 5, 1, 2, 7, 6],
  ints: [57, 35, 28, 23, 53],
  normal: [-0.8294880341281349, 1.0034831304147853, 0.055328022513775575],
};

const keys = fc.record({
  seed: fc.maxSafeNat(),
  step: fc.maxSafeNat(),
  stream: fc.integer({ min: 0, max: 0xffffffff }),
});

/** Chi-square statistic of counts against equal expectation, as a distance from its mean in standard deviations. */
function deviation(counts: ArrayLike<number>): number {
  const all = Array.from(counts);
  const expected = all.reduce((a, b) => a + b, 0) / all.length;
  const statistic = all.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const freedom = all.length - 1;
  return (statistic - freedom) / Math.sqrt(2 * freedom);
}

function words(key: RandomKey, count: number): Uint32Array {
  return fillWords(key, new Uint32Array(count));
}

describe('golden values', () => {
  it('never change: a change here breaks the resume of every saved run', () => {
    expect([...words({ seed: 0, step: 0, stream: 0 }, 4)]).toEqual(GOLDEN.zero);
    expect([...words(KEY, 4)]).toEqual(GOLDEN.words);
    expect([...words({ seed: 2 ** 53 - 1, step: 2 ** 40, stream: 0xffffffff }, 2)]).toEqual(GOLDEN.large);
    expect([...fillMask(KEY, 0.5, new Uint8Array(16))].join('')).toBe(GOLDEN.mask);
    expect(uniformAt(KEY, 1)).toBe(GOLDEN.uniform);
    expect([...permutation(KEY, 8)]).toEqual(GOLDEN.permutation);
    expect([...randomInts(KEY, 5, 100)]).toEqual(GOLDEN.ints);
    normal(KEY, 3).forEach((value, i) => expect(value).toBeCloseTo(GOLDEN.normal[i] ?? NaN, 14));
  });

  it('streams have the published FNV-1a numbers', () => {
    expect(streamId('')).toBe(0x811c9dc5);
    expect(streamId('a')).toBe(0xe40c292c);
    expect(streamId('foobar')).toBe(0xbf9cf968);
  });
});

describe('prefix property', () => {
  it('a longer buffer begins with the shorter one', () => {
    fc.assert(
      fc.property(keys, fc.nat(70), fc.nat(70), (key, a, b) => {
        const [short, long] = [Math.min(a, b), Math.max(a, b)];
        expect(words(key, long).subarray(0, short)).toEqual(words(key, short));
        expect(fillMask(key, 0.3, new Uint8Array(long)).subarray(0, short)).toEqual(
          fillMask(key, 0.3, new Uint8Array(short)),
        );
        expect(normal(key, long).subarray(0, short)).toEqual(normal(key, short));
        expect(randomInts(key, long, 1000).subarray(0, short)).toEqual(randomInts(key, short, 1000));
      }),
    );
  });

  it('an offset starts in the middle of the same sequence', () => {
    const tail = fillWords(KEY, new Uint32Array(50), 30);
    expect(tail).toEqual(words(KEY, 80).subarray(30));
  });

  it('a part of a mask has the bytes that the whole mask has there, wherever it begins and lies', () => {
    fc.assert(
      fc.property(keys, fc.nat(40), fc.nat(40), fc.nat(5), (key, from, length, place) => {
        const whole = fillMask(key, 0.3, new Uint8Array(80));
        const part = new Uint8Array(new ArrayBuffer(64), place, length);
        expect([...fillMask(key, 0.3, part, from)]).toEqual([...whole.subarray(from, from + length)]);
      }),
    );
  });

  it('uniformAt(i) needs no neighbours and fits randomInts', () => {
    const ints = randomInts(KEY, 40, 1 << 30);
    for (let i = 39; i >= 0; i--) expect(Math.floor(uniformAt(KEY, i) * (1 << 30))).toBe(ints[i]);
  });
});

describe('equidistribution', () => {
  it('every byte of a word takes every value equally often', () => {
    const sequence = words(KEY, 1 << 18);
    for (const shift of [0, 8, 16, 24]) {
      const counts = new Float64Array(256);
      for (const word of sequence) counts[(word >>> shift) & 255]!++; // the index is < 256
      expect(Math.abs(deviation(counts))).toBeLessThan(4);
    }
  });

  it('pairs of successive words are uniform in the square', () => {
    const sequence = words({ seed: 7, step: 0, stream: 1 }, 1 << 18);
    const counts = new Float64Array(4096);
    sequence.forEach((word, i) => {
      if (i % 2 === 1) counts[((sequence[i - 1]! >>> 26) << 6) | (word >>> 26)]!++; // i >= 1, index < 64 * 64
    });
    expect(Math.abs(deviation(counts))).toBeLessThan(4);
  });

  it.each([
    ['seed', (i: number): RandomKey => ({ seed: i, step: 0, stream: 0 })],
    ['step', (i: number): RandomKey => ({ seed: 5, step: i, stream: 9 })],
    ['stream', (i: number): RandomKey => ({ seed: 5, step: 2, stream: i })],
    ['high half of the step', (i: number): RandomKey => ({ seed: 5, step: i * 2 ** 32, stream: 9 })],
  ])('neighbours in %s are independent, at the same index and one apart', (_, keyOf) => {
    const counts = new Float64Array(1024);
    const shifted = new Float64Array(1024);
    const bits = new Float64Array(32);
    let previous = words(keyOf(0), 256);
    for (let k = 1; k <= 256; k++) {
      const current = words(keyOf(k), 256);
      for (let i = 0; i < 255; i++) {
        const [before, now, next] = [previous[i]!, current[i]!, current[i + 1]!]; // i + 1 < 256
        counts[((before >>> 27) << 5) | (now >>> 27)]!++;
        shifted[((before & 31) << 5) | (next & 31)]!++;
        for (let bit = 0; bit < 32; bit++) bits[bit]! += ((before ^ now) >>> bit) & 1;
      }
      previous = current;
    }
    expect(Math.abs(deviation(counts))).toBeLessThan(4);
    expect(Math.abs(deviation(shifted))).toBeLessThan(4);
    const trials = 256 * 255;
    for (const ones of bits) expect(Math.abs(ones - trials / 2) / Math.sqrt(trials / 4)).toBeLessThan(4.5);
  });

  it('different keys give different words', () => {
    const seen = new Set<string>();
    for (const seed of [0, 1, 2 ** 32, 2 ** 32 + 1, 2 ** 52]) {
      for (const step of [0, 1, 2, 2 ** 32, 2 ** 52]) {
        for (const stream of [0, 1, 2 ** 31, 2 ** 32 - 1]) seen.add(words({ seed, step, stream }, 2).join());
      }
    }
    expect(seen.size).toBe(5 * 5 * 4);
  });

  it('normal numbers have the moments of the standard normal', () => {
    const sample = normal(KEY, 200_000);
    const moment = (power: number): number => sample.reduce((sum, x) => sum + x ** power, 0) / sample.length;
    expect(moment(1)).toBeCloseTo(0, 1.9);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.015);
    expect(Math.abs(moment(3))).toBeLessThan(0.04);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.1);
  });
});

describe('masks', () => {
  it('hold 0 and 1 at the quantised rate', () => {
    for (const rate of [0, 0.001, 0.1, 0.3, 0.5, 0.9, 0.999]) {
      const size = 1 << 18;
      const mask = fillMask(KEY, rate, new Uint8Array(size));
      const dropped = mask.reduce((sum, byte) => sum + (byte === 0 ? 1 : 0), 0);
      expect(mask.every((byte) => byte <= 1)).toBe(true);
      const p = quantisedRate(rate);
      expect(Math.abs(dropped - size * p)).toBeLessThanOrEqual(4 * Math.sqrt(size * p * (1 - p)));
    }
  });

  it('follow their definition, byte by byte, whatever the alignment of the buffer', () => {
    fc.assert(
      fc.property(
        keys,
        fc.nat(40),
        fc.nat(3),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (key, size, shift, rate) => {
          const sequence = words(key, 11);
          const expected = Array.from({ length: size }, (_, i) =>
            ((sequence[i >> 2]! >>> (8 * (i % 4))) & 255) >= quantisedRate(rate) * 256 ? 1 : 0,
          );
          const around = new Uint8Array(size + 8).fill(7);
          fillMask(key, rate, around.subarray(shift, shift + size));
          expect([...around.subarray(shift, shift + size)]).toEqual(expected);
          expect(around.subarray(0, shift).every((byte) => byte === 7)).toBe(true); // nothing written outside
          expect(around.subarray(shift + size).every((byte) => byte === 7)).toBe(true);
        },
      ),
    );
  });

  it('keepScale is the exact inverse of the share that is kept', () => {
    for (let k = 0; k < 256; k++) {
      expect(quantisedRate(k / 256)).toBe(k / 256);
      expect(keepScale(k / 256)).toBe(256 / (256 - k));
    }
    expect(quantisedRate(0.3)).toBe(77 / 256);
    expect(quantisedRate(0.9999)).toBe(255 / 256);
  });
});

describe('permutations', () => {
  it('hold every number once', () => {
    fc.assert(
      fc.property(keys, fc.nat(100), (key, size) => {
        expect([...permutation(key, size)].sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i));
      }),
    );
  });

  it('of four values are all equally likely', () => {
    const counts = new Map<string, number>();
    for (let step = 0; step < 24_000; step++) {
      const order = permutation({ seed: 11, step, stream: 0 }, 4).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(Math.abs(deviation([...counts.values()]))).toBeLessThan(4);
  });
});

describe('arguments out of range', () => {
  it.each([
    ['a negative seed', (): unknown => words({ seed: -1, step: 0, stream: 0 }, 1)],
    ['a fractional step', (): unknown => words({ seed: 0, step: 0.5, stream: 0 }, 1)],
    ['a stream of 33 bits', (): unknown => words({ seed: 0, step: 0, stream: 2 ** 32 }, 1)],
    ['a rate of 1', (): unknown => fillMask(KEY, 1, new Uint8Array(1))],
    ['a rate that is not a number', (): unknown => quantisedRate(NaN)],
    ['an empty range', (): unknown => randomInts(KEY, 1, 0)],
    ['a negative index', (): unknown => uniformAt(KEY, -1)],
  ])('%s is refused with the value and the cure', (_, call) => {
    expect(call).toThrow(RandomArgumentError);
    expect(call).toThrow(/got [^]*cure: /);
  });
});
