// Round trips, agreement with files of another writer, and a hail of damaged files: each must end in a SafetensorsError.
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors, SafetensorsError, type SafetensorsTensor } from './safetensors.js';

const shapes = fc.array(fc.nat(3), { maxLength: 3 });
const tensors: fc.Arbitrary<SafetensorsTensor> = shapes.chain((shape) => {
  const length = shape.reduce((a, b) => a * b, 1);
  const size = { minLength: length, maxLength: length };
  return fc.oneof(
    fc.float64Array(size).map((data) => ({ dtype: 'F64' as const, shape, data })),
    fc.float32Array(size).map((data) => ({ dtype: 'F32' as const, shape, data })),
    fc.int32Array(size).map((data) => ({ dtype: 'I32' as const, shape, data })),
    fc.bigInt64Array(size).map((data) => ({ dtype: 'I64' as const, shape, data })),
    fc.uint8Array(size).map((data) => ({ dtype: 'U8' as const, shape, data })),
    fc.uint8Array({ ...size, max: 1 }).map((data) => ({ dtype: 'BOOL' as const, shape, data })),
  );
});
const names = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', '0', '10', '9', 'constructor', ''));
const files = fc.tuple(
  fc.dictionary(
    names.filter((name) => name !== '__metadata__'),
    tensors,
    { maxKeys: 6 },
  ),
  fc.dictionary(names, fc.string(), { maxKeys: 3 }),
);

/** A file with a header of one's own making. */
function file(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const out = new Uint8Array(8 + json.length + dataBytes);
  new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true);
  out.set(json, 8);
  return out;
}

const entry = (begin: number, end: number, shape: number[] = [(end - begin) / 4]): object => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('round trip', () => {
  it('gives back tensors and metadata, from any alignment', () => {
    fc.assert(
      fc.property(files, fc.nat(7), ([contents, metadata], shift) => {
        const bytes = encodeSafetensors(contents, metadata);
        const around = new Uint8Array(bytes.length + shift);
        around.set(bytes, shift);
        const decoded = decodeSafetensors(around.subarray(shift));
        expect(new Map(Object.entries(decoded.tensors))).toEqual(new Map(Object.entries(contents)));
        expect(new Map(Object.entries(decoded.metadata))).toEqual(new Map(Object.entries(metadata)));
      }),
    );
  });

  it('does not depend on the order of insertion', () => {
    fc.assert(
      fc.property(files, ([contents, metadata]) => {
        const turned = Object.fromEntries(Object.entries(contents).reverse());
        const turnedMetadata = Object.fromEntries(Object.entries(metadata).reverse());
        expect(encodeSafetensors(turned, turnedMetadata)).toEqual(encodeSafetensors(contents, metadata));
      }),
    );
  });

  it('keeps NaN, infinities and the sign of zero', () => {
    const data = Float32Array.of(NaN, Infinity, -Infinity, -0);
    const decoded = decodeSafetensors(encodeSafetensors({ x: { dtype: 'F32', shape: [4], data } }));
    expect(decoded.tensors['x']?.data).toEqual(data);
  });

  it('returns data that shares no memory with the input', () => {
    const bytes = Buffer.from(encodeSafetensors({ x: { dtype: 'U8', shape: [2], data: Uint8Array.of(1, 2) } }));
    const { x } = decodeSafetensors(bytes).tensors;
    bytes.fill(0);
    expect(x?.data).toEqual(Uint8Array.of(1, 2));
  });
});

describe('bytes', () => {
  it('are exactly those of the format', () => {
    const bytes = encodeSafetensors({ b: { dtype: 'I32', shape: [], data: Int32Array.of(258) } }, { k: 'v' });
    const header = '{"__metadata__":{"k":"v"},"b":{"dtype":"I32","shape":[],"data_offsets":[0,4]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8, ' ');
    expect(Buffer.from(bytes).toString('latin1')).toBe(
      `${String.fromCharCode(padded.length)}\0\0\0\0\0\0\0${padded}\u0002\u0001\0\0`,
    );
  });

  it('hold names in order within a dtype, and every tensor aligned to its element size', () => {
    const bytes = encodeSafetensors({
      b: { dtype: 'F32', shape: [1], data: Float32Array.of(1) },
      mask: { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 0, 1) },
      z: { dtype: 'F64', shape: [1], data: Float64Array.of(1) },
      a: { dtype: 'F32', shape: [1], data: Float32Array.of(1) },
    });
    expect(Object.keys(decodeSafetensors(bytes).tensors)).toEqual(['z', 'a', 'b', 'mask']);
  });
});

describe('files of the reference writer', () => {
  const folder = new URL('../../../fixtures/reference/', import.meta.url);
  const found = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));

  it('are there', () => expect(found.length).toBeGreaterThan(30));

  it.each(found)('%s: names, dtypes and shapes as its JSON twin states', (name) => {
    const stated: unknown = JSON.parse(readFileSync(new URL(name.replace('.safetensors', '.json'), folder), 'utf8'));
    const { tensors: read, metadata } = decodeSafetensors(readFileSync(new URL(name, folder)));
    const described = Object.entries(read).map(([key, { dtype, shape }]) => [key, { dtype, shape }]);
    expect(Object.fromEntries(described)).toEqual((stated as { tensors: unknown }).tensors); // the twin's form
    expect(metadata['case']).toBe(name.replace('.safetensors', ''));
  });
});

describe('files that are not sound', () => {
  const sound = encodeSafetensors({
    a: { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    b: { dtype: 'I64', shape: [1], data: BigInt64Array.of(7n) },
  });

  it('every truncation is refused', () => {
    for (let length = 0; length < sound.length; length++) {
      expect(() => decodeSafetensors(sound.subarray(0, length))).toThrow(SafetensorsError);
    }
  });

  it('random damage ends in a SafetensorsError or in a sound file, never in anything else', () => {
    const damage = fc.array(fc.record({ at: fc.nat(sound.length - 1), byte: fc.nat(255) }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(damage, (changes) => {
        const bytes = Uint8Array.from(sound);
        for (const { at, byte } of changes) bytes[at] = byte;
        let decoded;
        try {
          decoded = decodeSafetensors(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(SafetensorsError);
          return;
        }
        expect(decodeSafetensors(encodeSafetensors(decoded.tensors, decoded.metadata))).toEqual(decoded);
      }),
      { numRuns: 2000 },
    );
  });

  it('random bytes are refused', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void expectRefused(bytes)));
  });

  const expectRefused = (bytes: Uint8Array): void => expect(() => decodeSafetensors(bytes)).toThrow(SafetensorsError);

  it.each([
    ['a header longer than memory', (): Uint8Array => new Uint8Array(16).fill(0xff), /not a safetensors file/],
    ['a zip archive', (): Uint8Array => Buffer.from('PK\u0003\u0004 and so on'), /zip archive.*PyTorch/],
    ['a JSON file', (): Uint8Array => Buffer.from('{"weights": []}'), /JSON text/],
    ['a header that is no JSON', (): Uint8Array => file('{"a": }', 0), /header is not JSON/],
    ['a header that is not UTF-8', (): Uint8Array => file('{"a":1}', 0).with(10, 0xff), /header is not JSON/],
    [
      'overlapping tensors',
      (): Uint8Array => file({ a: entry(0, 8), b: entry(4, 12) }, 12),
      /"b" overlaps with tensor "a"/,
    ],
    ['the same bytes twice', (): Uint8Array => file({ a: entry(0, 8), b: entry(0, 8) }, 8), /overlaps/],
    ['a gap', (): Uint8Array => file({ a: entry(0, 4), b: entry(8, 12) }, 12), /gap of 4 bytes after tensor "a"/],
    ['bytes at the end', (): Uint8Array => file({ a: entry(0, 4) }, 6), /2 bytes after tensor "a"/],
    ['missing data', (): Uint8Array => file({ a: entry(0, 40) }, 39), /"a".*holds only 39: it is truncated/],
    ['a shape that does not fit', (): Uint8Array => file({ a: entry(0, 8, [3]) }, 8), /takes 12 bytes.*span 8/],
    ['a shape that overflows', (): Uint8Array => file({ a: entry(0, 0, [2 ** 40, 2 ** 40]) }, 0), /span 0/],
    ['a negative size', (): Uint8Array => file({ a: entry(0, 4, [-1]) }, 4), /shape \[-1\]/],
    ['offsets in the wrong order', (): Uint8Array => file({ a: entry(8, 4, [1]) }, 8), /begin and an end/],
    [
      'three offsets',
      (): Uint8Array => file({ a: { dtype: 'F32', shape: [], data_offsets: [0, 4, 8] } }, 4),
      /begin and an end/,
    ],
    [
      'an unknown dtype',
      (): Uint8Array => file({ a: { dtype: 'F8', shape: [], data_offsets: [0, 1] } }, 1),
      /"F8" is not one of F64/,
    ],
    [
      'a dtype of Object.prototype',
      (): Uint8Array => file({ a: { dtype: 'toString', shape: [], data_offsets: [0, 1] } }, 1),
      /not one of/,
    ],
    ['an entry that is a list', (): Uint8Array => file({ a: [] }, 0), /not an object/],
    ['metadata that is not strings', (): Uint8Array => file({ __metadata__: { epoch: 3 } }, 0), /epoch is 3/],
    [
      'BOOL bytes above 1',
      (): Uint8Array => file({ a: { dtype: 'BOOL', shape: [], data_offsets: [0, 1] } }, 1).fill(2, -1),
      /other than 0 and 1/,
    ],
  ])('%s is named, with a cure', (_, make, message) => {
    expect(() => decodeSafetensors(make())).toThrow(SafetensorsError);
    expect(() => decodeSafetensors(make())).toThrow(message);
    expect(() => decodeSafetensors(make())).toThrow(/cure: /);
  });
});

describe('tensors that cannot be written', () => {
  const data = Float32Array.of(1, 2);

  it.each([
    ['a shape of another size', { a: { dtype: 'F32', shape: [3], data } }, /"a": shape \[3\] does not fit 2/],
    ['a fractional size', { a: { dtype: 'F32', shape: [0.5, 4], data } }, /does not fit/],
    ['the reserved name', { __metadata__: { dtype: 'F32', shape: [2], data } }, /No tensor can be called/],
    ['BOOL bytes above 1', { a: { dtype: 'BOOL', shape: [1], data: Uint8Array.of(2) } }, /cannot be stored as BOOL/],
  ] satisfies [string, Record<string, SafetensorsTensor>, RegExp][])('%s is refused', (_, contents, message) => {
    expect(() => encodeSafetensors(contents)).toThrow(SafetensorsError);
    expect(() => encodeSafetensors(contents)).toThrow(message);
  });
});
