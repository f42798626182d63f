// Counter-based randomness: every number is a pure function of (seed, step, stream, index), so that shuffles, dropout
// masks and initial values are data that can be made again at any place, in any order, on resume. No state, no
// dependency, 32-bit integer arithmetic only: the same bits in Node.js and in a browser.
import { DifsrError } from '@difsr/errors';

/** Names one infinite sequence of 32-bit words. `seed` and `step` are integers in [0, 2^53), `stream` one in [0, 2^32). */
export interface RandomKey {
  readonly seed: number;
  readonly step: number;
  readonly stream: number;
}

/** A key, an index, a rate or a bound is outside what the generator accepts. The message holds value, range and cure. */
export class RandomArgumentError extends DifsrError {
  override readonly name = 'RandomArgumentError';
}

/** Two independent 32-bit words that stand for a whole key; the counter is mixed with the first, then with the second. */
interface MixedKey {
  readonly first: number;
  readonly second: number;
}

const TWO_32 = 4_294_967_296;
const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** Chris Wellons's `lowbias32`: a bijection of 32-bit words in which every input bit flips every output bit half the time. */
function mix(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

function mixKey(key: RandomKey): MixedKey {
  checkInteger('seed', key.seed, Number.MAX_SAFE_INTEGER, 'take a whole number such as 42');
  checkInteger('step', key.step, Number.MAX_SAFE_INTEGER, 'count steps from 0');
  checkInteger('stream', key.stream, TWO_32 - 1, "name the stream and use streamId('name')");
  const parts = [
    key.seed >>> 0,
    Math.floor(key.seed / TWO_32),
    key.step >>> 0,
    Math.floor(key.step / TWO_32),
    key.stream,
  ];
  // Two chains with different starts (digits of pi and of e): keys that collide in one differ in the other.
  let first = 0x243f6a88;
  let second = 0xb7e15162 | 0;
  for (const part of parts) {
    first = mix(Math.imul(first, 0x9e3779b1) ^ part);
    second = mix((second + Math.imul(part, 0x85ebca6b) + 0x9e3779b9) | 0);
  }
  return { first, second };
}

/** Word number `index` of a sequence, as a signed 32-bit integer. */
function wordAt(key: MixedKey, index: number): number {
  return mix(mix((index + key.first) | 0) ^ key.second);
}

/** Uniform number `index` in [0, 1) with 53 random bits, made of words 2 index and 2 index + 1. */
function uniformOf(key: MixedKey, index: number): number {
  const high = wordAt(key, 2 * index) >>> 5; // 27 bits
  const low = wordAt(key, 2 * index + 1) >>> 6; // 26 bits
  return (high * 67_108_864 + low) / 9_007_199_254_740_992;
}

/**
 * The number of a stream that has a name (FNV-1a, 32 bits, over its UTF-8 bytes).
 * @example streamId('dropout.0.attention'); // 0 <= id < 2^32, the same on every machine
 */
export function streamId(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/**
 * Fills `out` with 32-bit words number `offset`, `offset + 1`, ... of the key's sequence.
 * @throws RandomArgumentError for a key or an offset out of range.
 * @example fillWords({ seed: 1, step: 0, stream: streamId('noise') }, new Uint32Array(8));
 */
export function fillWords(key: RandomKey, out: Uint32Array, offset = 0): Uint32Array {
  checkInteger('offset', offset, TWO_32 - 1, 'start a new stream instead of a longer one');
  const mixed = mixKey(key);
  for (let i = 0; i < out.length; i++) out[i] = wordAt(mixed, offset + i);
  return out;
}

/**
 * The dropout rate that masks really have: `rate` rounded to the nearest k/256 with k <= 255 (a mask byte is kept when
 * one random byte is >= k). Rates under 1/512 become 0.
 * @throws RandomArgumentError unless 0 <= rate < 1.
 */
export function quantisedRate(rate: number): number {
  if (!(rate >= 0 && rate < 1)) {
    throw new RandomArgumentError({
      what: `A drop rate is in [0, 1), got ${rate}`,
      cure: 'give the share of values to drop, e.g. 0.2',
    });
  }
  return Math.min(255, Math.round(rate * 256)) / 256;
}

/** The factor 1 / (1 - quantisedRate(rate)) that keeps the mean of a masked tensor, exact for the masks of `fillMask`. */
export function keepScale(rate: number): number {
  return 1 / (1 - quantisedRate(rate));
}

/**
 * Fills `out` with a mask: 1 = keep, 0 = drop, dropped with probability `quantisedRate(rate)`. Byte i of the mask comes
 * from byte i mod 4 (lowest first) of word floor(i / 4), so a longer mask begins with the shorter one.
 *
 * @param offset The byte of the mask that comes first in `out`.
 * @throws RandomArgumentError for a key, a rate or an offset out of range.
 * @example fillMask({ seed: 1, step: 7, stream: streamId('dropout.input') }, 0.5, new Uint8Array(1024));
 */
export function fillMask(key: RandomKey, rate: number, out: Uint8Array, offset = 0): Uint8Array {
  checkInteger('offset', offset, Number.MAX_SAFE_INTEGER, 'count bytes from 0');
  const dropped = quantisedRate(rate) * 256;
  const mixed = mixKey(key);
  if (dropped === 0) return out.fill(1);
  const first = Math.floor(offset / 4);
  if (offset % 4 !== 0) {
    // A part that begins inside a word: the word's bytes from there on, then whole words.
    const inside = Math.min(4 - (offset % 4), out.length);
    const carry = Math.imul(256 - dropped, 0x00010001);
    writeBytes(out, 0, inside, keepBits(wordAt(mixed, first), carry) >>> (8 * (offset % 4)));
    fillMask(key, rate, out.subarray(inside), 4 * (first + 1));
    return out;
  }
  // Two bytes in two 16-bit lanes: adding 256 - k carries into bit 8 of its lane exactly when the byte is >= k.
  const carry = Math.imul(256 - dropped, 0x00010001);
  const whole = out.length >>> 2;
  if (LITTLE_ENDIAN && out.byteOffset % 4 === 0) {
    const words = new Uint32Array(out.buffer, out.byteOffset, whole);
    for (let i = 0; i < whole; i++) words[i] = keepBits(wordAt(mixed, first + i), carry);
  } else {
    for (let i = 0; i < whole; i++) writeBytes(out, 4 * i, 4, keepBits(wordAt(mixed, first + i), carry));
  }
  writeBytes(out, 4 * whole, out.length - 4 * whole, keepBits(wordAt(mixed, first + whole), carry));
  return out;
}

/** Four mask bytes at once: each byte of the result is 1 where the word's byte is >= k, where `carry` is 256 - k in both lanes. */
function keepBits(word: number, carry: number): number {
  const even = (((word & 0x00ff00ff) + carry) >>> 8) & 0x00010001;
  const odd = ((((word >>> 8) & 0x00ff00ff) + carry) >>> 8) & 0x00010001;
  return even | (odd << 8);
}

function writeBytes(out: Uint8Array, start: number, count: number, word: number): void {
  for (let j = 0; j < count; j++) out[start + j] = (word >>> (8 * j)) & 0xff;
}

/**
 * Uniform number `index` of the key's sequence, in [0, 1), with 53 random bits.
 * @example uniformAt({ seed: 1, step: 0, stream: 0 }, 5);
 */
export function uniformAt(key: RandomKey, index: number): number {
  checkInteger('index', index, TWO_32 / 2 - 1, 'start a new stream instead of a longer one');
  return uniformOf(mixKey(key), index);
}

/**
 * The first `count` standard normal numbers of the key's sequence, by Box and Muller. Math.log, cos and sin are not
 * specified to the last bit: equal bits are promised on one JavaScript engine, not across engines.
 * @example normal({ seed: 1, step: 0, stream: streamId('item.weight') }, 3); // Float64Array(3)
 */
export function normal(key: RandomKey, count: number): Float64Array {
  checkInteger('count', count, TWO_32 / 2 - 1, 'ask for fewer numbers of one stream');
  const mixed = mixKey(key);
  const out = new Float64Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniformOf(mixed, i))); // 1 - u is in (0, 1]: the logarithm is finite
    const angle = 2 * Math.PI * uniformOf(mixed, i + 1);
    out[i] = radius * Math.cos(angle);
    if (i + 1 < count) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}

/**
 * `count` integers, uniform in [0, bound); the bias of one value is under bound / 2^53.
 * @throws RandomArgumentError unless 1 <= bound <= 2^31.
 * @example randomInts({ seed: 1, step: 3, stream: streamId('negatives') }, 4, 12_101); // Int32Array(4)
 */
export function randomInts(key: RandomKey, count: number, bound: number): Int32Array {
  checkInteger('count', count, TWO_32 / 2 - 1, 'ask for fewer numbers of one stream');
  checkInteger('bound - 1', bound - 1, TWO_32 / 2 - 1, 'give the number of values to choose from');
  const mixed = mixKey(key);
  return Int32Array.from({ length: count }, (_, i) => Math.floor(uniformOf(mixed, i) * bound));
}

/**
 * A random order of 0 .. count - 1 (Fisher and Yates), every order equally likely.
 * @example permutation({ seed: 1, step: 0, stream: streamId('users') }, 5); // e.g. Int32Array [3, 0, 4, 1, 2]
 */
export function permutation(key: RandomKey, count: number): Int32Array {
  checkInteger('count', count, TWO_32 / 2 - 1, 'shuffle fewer values');
  const mixed = mixKey(key);
  const out = new Int32Array(count);
  // "Inside-out": value i is put at a random place j <= i and what was there moves to i.
  for (let i = 0; i < count; i++) {
    const j = Math.floor(uniformOf(mixed, i) * (i + 1));
    out[i] = out[j] ?? 0; // j <= i < count: always present
    out[j] = i;
  }
  return out;
}

function checkInteger(name: string, value: number, highest: number, cure: string): void {
  if (Number.isInteger(value) && value >= 0 && value <= highest) return;
  throw new RandomArgumentError({
    what: `${name} is a whole number in [0, ${highest}], got ${value}`,
    cure,
  });
}
