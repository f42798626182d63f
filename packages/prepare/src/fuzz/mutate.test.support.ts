// Damage as files suffer it: bits, cuts, lines lost and doubled, two files run together, quotes, separators, NUL, junk. Drawn from a
// seed, so that any case can be made again.
import { gzipSync } from 'node:zlib';
import { type RandomStream, randomStream } from '@difsr/data/internal';
import type { Seed } from './seeds.test.support.js';

/** A damaged file. */
export interface FuzzCase {
  readonly number: number;
  readonly seed: Seed;
  /** The name may be that of another form. */
  readonly name: string;
  readonly bytes: Buffer;
  /** What was done to it. */
  readonly done: readonly string[];
}

const TOKENS: readonly (string | Buffer)[] = [
  '"',
  "'",
  '""',
  ',',
  '\t',
  '::',
  ';',
  '|',
  ' ',
  '\n',
  '\r',
  '\r\n',
  '\\',
  '\\/',
  '\\u',
  '\\ud800',
  '\\N{X}',
  '{',
  '}',
  '[',
  ']',
  '[[',
  ':',
  'null',
  'NaN',
  '-Infinity',
  'None',
  'True',
  '1e999',
  '-0',
  '123456789012345678901234567890',
  '9007199254740993',
  '0x1F',
  '1_000',
  '<span class="a">',
  '&amp;',
  '[PAD]',
  '\u00e9',
  '\u2028',
  '\uFEFF',
  '\u0001',
  '\u0002',
  '\u0003',
  '{"":1}',
  '"a":1,"A":2,',
  '__proto__',
  "u'x'",
  'r"\\"',
  '=1+1',
  '../../etc/passwd',
  Buffer.of(0),
  Buffer.of(0xff, 0xfe),
  Buffer.of(0xc3),
  Buffer.of(0x80),
  Buffer.of(0xed, 0xa0, 0x80),
];

type Mutation = (bytes: Buffer, random: RandomStream, seeds: readonly Seed[]) => Buffer;

const cut = (bytes: Buffer, from: number, to: number, by: Uint8Array = Buffer.alloc(0)): Buffer =>
  Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(to)]);
const some = (random: RandomStream, bytes: Buffer): number => random.integer(bytes.length + 1);
function line(bytes: Buffer, random: RandomStream): [number, number] {
  const from = bytes.lastIndexOf(0x0a, some(random, bytes)) + 1;
  const to = bytes.indexOf(0x0a, from);
  return [from, to === -1 ? bytes.length : to + 1];
}

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  bit: (bytes, random) => {
    const copy = Buffer.from(bytes);
    const at = random.integer(Math.max(1, bytes.length));
    if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << random.integer(8));
    return copy;
  },
  byte: (bytes, random) => {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) copy[random.integer(copy.length)] = random.integer(256);
    return copy;
  },
  token: (bytes, random) => {
    const at = some(random, bytes);
    return cut(bytes, at, at, Buffer.from(TOKENS[random.integer(TOKENS.length)] ?? ''));
  },
  replace: (bytes, random) => {
    const at = some(random, bytes);
    return cut(bytes, at, at + random.integer(4), Buffer.from(TOKENS[random.integer(TOKENS.length)] ?? ''));
  },
  truncate: (bytes, random) => bytes.subarray(0, some(random, bytes)),
  behead: (bytes, random) => bytes.subarray(random.integer(Math.min(bytes.length, 64) + 1)),
  drop: (bytes, random) => {
    const at = some(random, bytes);
    return cut(bytes, at, at + random.integer(40));
  },
  repeat: (bytes, random) => {
    const at = some(random, bytes);
    const piece = bytes.subarray(at, at + 1 + random.integer(20));
    return cut(bytes, at, at, Buffer.concat(Array.from({ length: 1 + random.integer(30) }, () => piece)));
  },
  doubleLine: (bytes, random) => {
    const [from, to] = line(bytes, random);
    return cut(bytes, to, to, bytes.subarray(from, to));
  },
  dropLine: (bytes, random) => cut(bytes, ...line(bytes, random)),
  splice: (bytes, random, seeds) => {
    const other = seeds[random.integer(seeds.length)]?.bytes ?? bytes;
    const from = some(random, other);
    return cut(bytes, some(random, bytes), bytes.length, other.subarray(from));
  },
  insert: (bytes, random, seeds) => {
    const other = seeds[random.integer(seeds.length)]?.bytes ?? bytes;
    const from = some(random, other);
    const at = some(random, bytes);
    return cut(bytes, at, at, other.subarray(from, from + random.integer(80)));
  },
  nest: (bytes, random) => {
    const at = some(random, bytes);
    const depth = 10 ** (1 + random.integer(4));
    const open = ['[', '{"a":', '(', '{'][random.integer(4)] ?? '[';
    return cut(bytes, at, at, Buffer.from(open.repeat(depth) + (random.chance(0.5) ? ']'.repeat(depth) : '')));
  },
  ends: (bytes, random) => {
    const end = ['\r\n', '\r', '\n\n', '\n\r'][random.integer(4)] ?? '\r';
    const all = random.chance(0.5);
    const text = bytes.toString('latin1');
    return Buffer.from(all ? text.replaceAll('\n', end) : text.replace('\n', end), 'latin1');
  },
  long: (bytes, random) => {
    const at = some(random, bytes);
    return cut(
      bytes,
      at,
      at,
      Buffer.alloc(10 ** (2 + random.integer(3)), TOKENS[random.integer(TOKENS.length)] ?? 'x'),
    );
  },
  mark: (bytes) => Buffer.concat([Buffer.from('\uFEFF'), bytes]),
  wide: (bytes) => Buffer.from(bytes.toString('latin1'), 'utf16le'),
  pack: (bytes) => gzipSync(bytes),
  empty: () => Buffer.alloc(0),
};
const NAMES = Object.keys(MUTATIONS);

/** Case `number` of a run. */
export function fuzzCase(run: number, number: number, seeds: readonly Seed[]): FuzzCase {
  const random = randomStream(run, number);
  const seed = seeds[random.integer(seeds.length)];
  if (seed === undefined) throw new Error('a fuzz run needs seeds');
  let { bytes } = seed;
  const done: string[] = [];
  for (let left = 1 + random.integer(4); left > 0; left--) {
    const name = NAMES[random.integer(NAMES.length)] ?? 'bit';
    // Rarely: these leave little to read.
    if ((name === 'empty' || name === 'wide' || name === 'pack') && !random.chance(0.15)) continue;
    bytes = MUTATIONS[name]?.(bytes, random, seeds) ?? bytes;
    done.push(name);
    if (bytes.length > 200_000) bytes = bytes.subarray(0, 200_000);
  }
  const name = random.chance(0.05) ? (seeds[random.integer(seeds.length)]?.name ?? seed.name) : seed.name;
  return { number, seed, name, bytes, done };
}
