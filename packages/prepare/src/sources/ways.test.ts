// A text file takes one of two ways: its lines are split by the engine, or scanned by us. Nobody must be able to tell which.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { gzipSync } from 'node:zlib';
import { testBench } from './read.test.support.js';

const bench = testBench();
let files = 0;

/** Text without what makes a file not plain. */
const plainCell = fc
  .array(fc.constantFrom('a', 'ü', '😀', ' ', '\\', "'", '\u0002', '\u0003', '\u2028', '0', '{', '.5', '-', '\u00a0'), {
    maxLength: 5,
  })
  .map((parts) => parts.join(''));
/** Blanks around cells do not count. */
const trimmed = (cell: string): string | null => cell.replaceAll(/^[ \t]+|[ \t]+$/g, '') || null;
const table = (cell: fc.Arbitrary<string>): fc.Arbitrary<string[][]> =>
  fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 12 });

it('gives the same relation both ways, with blank lines, ragged rows and any delimiter', async () => {
  const property = fc.asyncProperty(
    table(plainCell),
    fc.constantFrom(',', '\t', '::', '|'),
    fc.boolean(),
    fc.constantFrom('\n', '\n\n'),
    async (rows, delimiter, last, end) => {
      const name = `way-${files++}`;
      const text = `h1${delimiter}h2${end}${rows.map((row) => row.join(delimiter)).join(end)}${last ? end : ''}`;
      // A NUL far below makes a file not plain; its row comes last and is left out.
      const careful = `${text}${last ? '' : '\n'}\0\n`;
      const spec = { format: 'csv', delimiter, header: true } as const;
      const plain = await bench.read({ ...spec, files: await bench.file(`${name}.csv`, text) });
      const scanned = await bench.read({ ...spec, files: await bench.file(`${name}-c.csv`, careful) });
      const packed = await bench.read({ ...spec, files: await bench.file(`${name}.csv.gz`, gzipSync(text)) });
      expect(scanned.pop()?.[3]).toBe('nul');
      expect(scanned).toEqual(plain);
      expect(packed).toEqual(plain);
      // And both are what splitting gives.
      const expected = text
        .split('\n')
        .map((raw, index) => ({ raw, line: index + 1 }))
        .filter(({ raw }) => raw !== '')
        .slice(1)
        .map(({ raw, line }) => {
          const cells = raw.split(delimiter);
          // Nothing behind the last column is nothing too much.
          const fits = cells.length >= 2 && cells.slice(2).every((cell) => trimmed(cell) === null);
          return [
            0,
            line - 1,
            line,
            fits ? null : 'cells',
            raw,
            ...(fits ? cells.slice(0, 2).map(trimmed) : [null, null]),
          ];
        });
      expect(plain).toEqual(expected);
    },
  );
  await fc.assert(property, { numRuns: 25 });
});

it('reads back what an independent writer wrote, whatever is in the cells', async () => {
  const cell = fc
    .array(
      fc.constantFrom(
        'a',
        '"',
        '""',
        ',',
        '\n',
        '\r\n',
        '\r',
        ' ',
        'é',
        '\u0001',
        '\u0002',
        '\u0003',
        '\u0003n',
        'u,"x',
      ),
      { maxLength: 6 },
    )
    .map((parts) => parts.join(''));
  const written = (value: string): string => `"${value.replaceAll('"', '""')}"`;
  const property = fc.asyncProperty(
    fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 12 }),
    fc.constantFrom('\n', '\r\n', '\r'),
    async (rows, end) => {
      const text = `a,b,c${end}${rows.map((row) => row.map(written).join(',')).join(end)}${end}`;
      const read = await bench.read({
        files: await bench.file(`written-${files++}.csv`, text),
        delimiter: ',',
        header: true,
      });
      expect(read.map((row) => row[3])).toEqual(rows.map(() => null));
      expect(read.map((row) => row.slice(5))).toEqual(rows.map((row) => row.map(trimmed)));
    },
  );
  await fc.assert(property, { numRuns: 40 });
});

it('gives the same objects from lines and from an array, plain and scanned', async () => {
  const scalar = fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean(), fc.constant(null));
  const value = fc.oneof(scalar, fc.array(fc.string(), { maxLength: 3 }));
  const property = fc.asyncProperty(
    fc.array(fc.record({ user: scalar, item: value, list: value }), { minLength: 1, maxLength: 8 }),
    fc.integer({ min: 0, max: 2 }),
    async (objects, indent) => {
      const n = files++;
      const lines = objects.map((object) => JSON.stringify(object)).join('\n');
      const plain = await bench.read({ files: await bench.file(`o-${n}.jsonl`, lines) });
      const scanned = await bench.read({ files: await bench.file(`o-${n}-c.jsonl`, lines.replaceAll('\n', '\r\n')) });
      const array = await bench.read({
        files: await bench.file(`o-${n}.json`, JSON.stringify(objects, null, indent)),
        format: 'json',
      });
      expect(scanned).toEqual(plain);
      expect(array.map((row) => [row[1], ...row.slice(5)])).toEqual(plain.map((row) => [row[1], ...row.slice(5)]));
      expect(plain.map((row) => row[5])).toEqual(
        objects.map(({ user }) => (user === null || user === '' ? null : String(user))),
      );
    },
  );
  await fc.assert(property, { numRuns: 15 });
});
