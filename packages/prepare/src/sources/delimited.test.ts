// Delimited text in every form: the relation is given in full, place by place.
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { testBench } from './read.test.support.js';

const bench = testBench();
const bytes = (...parts: (string | number)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.of(part))));

describe('csv', () => {
  it('gives every record its place, its text and its cells; empty cells are NULL', async () => {
    const files = await bench.file('a.csv', 'user,item,time\nann,b1,1\n\nbob,,2\n');
    const source = await bench.open({ files });
    expect(source.columns).toEqual(['user', 'item', 'time'].map((name) => ({ name, type: 'text' })));
    expect(source.spec).toMatchObject({ format: 'csv', delimiter: ',', header: true });
    expect(source.bytes).toBe(32);
    expect(await bench.rows(source)).toEqual([
      [0, 1, 2, null, 'ann,b1,1', 'ann', 'b1', '1'],
      [0, 3, 4, null, 'bob,,2', 'bob', null, '2'],
    ]);
  });

  it.each([
    ['tab', '\t'],
    ['semicolon', ';'],
    ['bar', '|'],
    ['two colons', '::'],
    ['comma', ','],
  ])('recognises the delimiter: %s', async (name, delimiter) => {
    const text = [
      ['user', 'item', 'time'],
      ['u1', 'i: 1', '12'],
      ['u2', 'i2', '13'],
    ]
      .map((cells) => cells.join(delimiter))
      .join('\n');
    const source = await bench.open({ files: await bench.file(`${name}.csv`, text) });
    expect(source.spec.delimiter).toBe(delimiter);
    expect(source.report).toHaveLength(2);
    expect((await bench.rows(source)).map((row) => row.slice(5))).toEqual([
      ['u1', 'i: 1', '12'],
      ['u2', 'i2', '13'],
    ]);
  });

  it('takes a delimiter of several characters that is given, and names for columns without a header', async () => {
    const files = await bench.file('movies.dat', '1<>2<>3\n4<>5<>6');
    const spec = { files, format: 'csv', delimiter: '<>', header: ['user', 'item', 'rating'] } as const;
    expect(await bench.read(spec)).toEqual([
      [0, 0, 1, null, '1<>2<>3', '1', '2', '3'],
      [0, 1, 2, null, '4<>5<>6', '4', '5', '6'],
    ]);
  });

  it('calls columns by number where no line names them', async () => {
    const source = await bench.open({ files: await bench.file('none.csv', '7,8,880000000\n9,8,880000001\n') });
    expect(source.columns.map(({ name }) => name)).toEqual(['column1', 'column2', 'column3']);
    expect(await bench.rows(source)).toHaveLength(2);
  });

  it('refuses a delimiter that cannot be one', async () => {
    const files = await bench.file('delimiter.csv', 'a,b\n1,2\n');
    for (const delimiter of ['"', '\n', ',"'])
      await expect(bench.open({ files, delimiter })).rejects.toThrow(/cannot be a delimiter/);
  });

  it('reads quoted cells: delimiter, line ends and doubled quotes in them, a quote within a cell is a character', async () => {
    const text = 'user,item,title\n1,2,"a, ""b"""\n3,4,"two\nlines"\n5,6,7" disc\n"8",9,""\n';
    expect(await bench.read({ files: await bench.file('quoted.csv', text) })).toEqual([
      [0, 1, 2, null, '1,2,"a, ""b"""', '1', '2', 'a, "b"'],
      [0, 2, 3, null, '3,4,"two\nlines"', '3', '4', 'two\nlines'],
      [0, 4, 5, null, '5,6,7" disc', '5', '6', '7" disc'],
      [0, 5, 6, null, '"8",9,""', '8', '9', null],
    ]);
  });

  it('takes a quote that is not closed, or has text after it, for its own line alone', async () => {
    const text = 'user,item\n1,"open\n2,b\n3,"c" d\n4,"e\nf"\n5,"g","h\n6,i\n';
    expect(await bench.read({ files: await bench.file('stray.csv', text) })).toEqual([
      [0, 1, 2, 'quote', '1,"open', null, null],
      [0, 2, 3, null, '2,b', '2', 'b'],
      [0, 3, 4, 'quote', '3,"c" d', null, null],
      [0, 4, 5, null, '4,"e\nf"', '4', 'e\nf'],
      [0, 6, 7, 'quote', '5,"g","h', null, null],
      [0, 7, 8, null, '6,i', '6', 'i'],
    ]);
  });

  it('gives a quote up after 1,000 lines, and a stray one that meets another', async () => {
    const rows = Array.from({ length: 1500 }, (_, row) => `${row},x`);
    const open = await bench.read({
      files: await bench.file('far.csv', `user,item\n1,"x\n${rows.join('\n')}\n2,y"\n`),
    });
    expect(open).toHaveLength(1502);
    expect(open.filter((row) => row[3] !== null).map((row) => row[2])).toEqual([2]);
    const met = await bench.read({ files: await bench.file('met.csv', 'user,item\n"1,a\n2,b\n"3,c\n4,d\n') });
    expect(met.map((row) => row.slice(2, 5))).toEqual([
      [2, 'quote', '"1,a'],
      [3, null, '2,b'],
      [4, 'quote', '"3,c'],
      [5, null, '4,d'],
    ]);
  });

  it('leaves quotes alone where they mean nothing, and takes another character for one', async () => {
    const text = `user,item\n1,"a"\n2,'b, c'\n`;
    expect(await bench.read({ files: await bench.file('noquote.csv', text), quote: '' })).toEqual([
      [0, 1, 2, null, '1,"a"', '1', '"a"'],
      [0, 2, 3, 'cells', `2,'b, c'`, null, null],
    ]);
    const single = await bench.read({ files: await bench.file('single.csv', text), quote: "'" });
    expect(single.map((row) => row[6])).toEqual(['"a"', 'b, c']);
    const angle = await bench.file('angle.csv', 'user,item\n1,«a, b«\n2,ë\n');
    expect((await bench.read({ files: angle, quote: '«' })).map((row) => row[6])).toEqual(['a, b', 'ë']);
  });

  it('marks rows with more or fewer cells than the header', async () => {
    const files = await bench.file('ragged.csv', 'user,item\n1\n1,2\n1,2,3\n \n,\n');
    expect(await bench.read({ files })).toEqual([
      [0, 1, 2, 'cells', '1', null, null],
      [0, 2, 3, null, '1,2', '1', '2'],
      [0, 3, 4, 'cells', '1,2,3', null, null],
      [0, 4, 5, 'cells', ' ', null, null],
      [0, 5, 6, null, ',', null, null],
    ]);
  });

  it.each([
    ['CRLF', 'user,item\r\n1,a\r\n\r\n2,b\r\n'],
    ['CRLF without the last', 'user,item\r\n1,a\r\n\r\n2,b'],
    ['CR alone', 'user,item\r1,a\r\r2,b\r'],
    ['mixed', 'user,item\n1,a\r\n\r2,b\r\n'],
  ])('reads line ends: %s', async (name, text) => {
    expect(await bench.read({ files: await bench.file(`ends ${name}.csv`, text) })).toEqual([
      [0, 1, 2, null, '1,a', '1', 'a'],
      [0, 3, 4, null, '2,b', '2', 'b'],
    ]);
  });

  it('skips a byte order mark', async () => {
    for (const [name, text] of [
      ['mark.csv', '\uFEFFuser,item\n1,a\n'],
      ['quoted mark.csv', '\uFEFF"user","item"\n"1","a"\n'],
    ] as const) {
      const source = await bench.open({ files: await bench.file(name, text) });
      expect(source.columns[0]?.name).toBe('user');
      expect((await bench.rows(source)).map((row) => row.slice(5))).toEqual([['1', 'a']]);
    }
  });

  it('marks lines that are not UTF-8 or hold NUL, and reads the others; latin1 reads them all', async () => {
    const content = bytes('user,item\n1,caf', 0xe9, '\n2,b\n3,c', 0, 'd\n4,', 0xc3, 0xa9, '\n');
    expect(await bench.read({ files: await bench.file('latin.csv', content) })).toEqual([
      [0, 1, 2, 'utf-8', '1,caf\uFFFD', null, null],
      [0, 2, 3, null, '2,b', '2', 'b'],
      [0, 3, 4, 'nul', '3,c\uFFFDd', null, null],
      [0, 4, 5, null, '4,é', '4', 'é'],
    ]);
    const latin = await bench.read({ files: 'latin.csv', encoding: 'latin1' });
    expect(latin.map((row) => [row[3], row[6]])).toEqual([
      [null, 'café'],
      [null, 'b'],
      ['nul', null],
      [null, 'Ã©'],
    ]);
  });

  it('keeps characters that the reader uses for itself', async () => {
    const files = await bench.file('control.csv', 'user,item\n\u0001a,"\u0002\u0003b\u0003n\n"\n\u0003c,d\n');
    expect((await bench.read({ files })).map((row) => row.slice(4))).toEqual([
      ['\u0001a,"\u0002\u0003b\u0003n\n"', '\u0001a', '\u0002\u0003b\u0003n\n'],
      ['\u0003c,d', '\u0003c', 'd'],
    ]);
  });

  it('marks a record over 16 MiB and reads on, in little memory', async () => {
    const long = Buffer.alloc(40 * 1024 * 1024, 'x');
    const content = Buffer.concat([Buffer.from('user,item\n1,a\n2,'), long, Buffer.from('\n3,c\n4,'), long]);
    const rows = await bench.read({ files: await bench.file('long.csv', content) });
    expect(rows.map((row) => [row[2], row[3], String(row[4]).length, row[6]])).toEqual([
      [2, null, 3, 'a'],
      [3, 'too-long', 1000, null],
      [4, null, 3, 'c'],
      [5, 'too-long', 1000, null],
    ]);
    const just = Buffer.concat([Buffer.from('user,item\n1,a\n2,'), long.subarray(0, 16 * 1024 * 1024 - 2)]);
    const whole = await bench.read({ files: await bench.file('just.csv', just) });
    expect(whole.map((row) => [row[3], String(row[6]).length])).toEqual([
      [null, 1],
      [null, 16 * 1024 * 1024 - 2],
    ]);
  });

  it('knows a header by usual names where every cell is a word', async () => {
    const named = await bench.file('named.csv', 'customer,sku\nana,tent\n');
    expect((await bench.read({ files: named })).map((row) => row.slice(5))).toEqual([['ana', 'tent']]);
    const bare = await bench.file('bare.csv', 'ana,tent\nben,lamp\n');
    expect(await bench.read({ files: bare })).toHaveLength(2);
  });

  it('finds the header below empty lines', async () => {
    for (const text of ['\n\nuser,item\n1,a\n', '\r\n\r\nuser,item\r\n1,a\r\n', '\n\n"user",item\n1,a\n']) {
      const rows = await bench.read({ files: await bench.file('below.csv', text) });
      expect(rows.map((row) => [row[2], ...row.slice(5)])).toEqual([[4, '1', 'a']]);
    }
  });

  it('says what is wrong with a file without records or with an unusable header', async () => {
    const refused = async (content: string | Uint8Array, message: RegExp, spec: object = {}): Promise<void> => {
      const files = await bench.file('refused.csv', content);
      await expect(bench.open({ files, ...spec })).rejects.toThrow(message);
      await expect(bench.open({ files, ...spec })).rejects.toThrow('cure: ');
    };
    await refused('', /refused\.csv: holds no interactions: it is empty/);
    await refused('\n\r\n\n', /it is empty/);
    await refused('1,2\n', /line 1: "user" is the name of two columns/, { header: ['user', 'user'] });
    await refused('1,2\n', /line 1: "id" is the name of two columns/, { header: ['ID', 'id'] });
    await refused('user,_row\n1,2\n', /"_row" is a name that the reader uses itself/);
    await refused(bytes('\nus', 0xe9, 'r,item\n1,2\n'), /line 2: .* is the header and cannot be read/, {
      header: true,
    });
    await refused(bytes(0xff, 0xfe, 'u\0s\0\n\0'), /is the header and cannot be read/);
  });

  it('reads a header alone as no rows', async () => {
    expect(await bench.read({ files: await bench.file('header.csv', 'user,item\n') })).toEqual([]);
  });

  it('reads several files as one, each with its own header and way; an empty one among them is nothing', async () => {
    await bench.file('many-1.csv', 'user,item\n1,a\n');
    await bench.file('many-2.csv', 'user,item\r\n2,"b"\r\n');
    await bench.file('many-3.csv', '');
    await bench.file('many-4.csv', gzipSync('\nuser,item\n3,c\n'));
    const source = await bench.open({ files: 'many-*.csv' });
    expect(source.files.map((file) => file.slice(-5, -4))).toEqual(['1', '2', '3', '4']);
    expect(await bench.rows(source)).toEqual([
      [0, 1, 2, null, '1,a', '1', 'a'],
      [1, 1, 2, null, '2,"b"', '2', 'b'],
      [3, 2, 3, null, '3,c', '3', 'c'],
    ]);
  });

  it('refuses files with different headers', async () => {
    await bench.file('differ-1.csv', 'user,item\n1,a\n');
    await bench.file('differ-2.csv', 'item,user\na,1\n');
    await expect(bench.open({ files: 'differ-*.csv' })).rejects.toThrow(
      /differ-2\.csv, line 1: has the columns item, user, the first file user, item/,
    );
  });

  it('opens files whose names look like patterns', async () => {
    await bench.file('log [1]*.csv', 'user,item\n1,a\n');
    await bench.file('log 1x.csv', 'user,item\n2,b\n');
    expect((await bench.read({ files: 'log [1]*.csv' })).map((row) => row[6])).toEqual(['a']);
  });
});

describe('atomic', () => {
  it('takes the names of the header and no quotes', async () => {
    const text = 'user_id:token\titem:x:token\tage:float\n1\t"a\t2\n3\t\t\n4\tb\n';
    const source = await bench.open({ files: await bench.file('log.inter', text) });
    expect(source.spec.format).toBe('atomic');
    expect(source.columns.map(({ name }) => name)).toEqual(['user_id', 'item:x', 'age']);
    expect(await bench.rows(source)).toEqual([
      [0, 1, 2, null, '1\t"a\t2', '1', '"a', '2'],
      [0, 2, 3, null, '3\t\t', '3', null, null],
      [0, 3, 4, 'cells', '4\tb', null, null, null],
    ]);
  });

  it('refuses a header that is none', async () => {
    await expect(bench.open({ files: await bench.file('x.inter', 'user\titem:token\n') })).rejects.toThrow(
      /x\.inter, line 1: "user" is not name:type/,
    );
    await expect(bench.open({ files: await bench.file('y.inter', '') })).rejects.toThrow(/y\.inter: the file is empty/);
    await bench.file('z-1.inter', 'a:token\tb:token\n1\t2\n');
    await bench.file('z-2.inter', 'a:token\tc:token\n1\t2\n');
    await expect(bench.open({ files: ['z-1.inter', 'z-2.inter'] })).rejects.toThrow(/has the columns a, c, the first/);
  });
});
