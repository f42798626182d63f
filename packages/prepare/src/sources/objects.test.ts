// Objects: JSON lines, arrays of JSON, Python literals. The relation is given in full, place by place.
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { pythonToJson } from './python.js';
import { testBench } from './read.test.support.js';

const bench = testBench();
const bytes = (...parts: (string | number)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.of(part))));

describe('JSON lines', () => {
  it('gives a column per key, text or JSON, and NULL where a key is missing, null or empty', async () => {
    const text = '{"user":"u","n":1.50,"tags":["a",1],"on":true}\n\n{"user":"","tags":null,"x":{"a":"N\\/H"}}\n';
    const source = await bench.open({ files: await bench.file('a.jsonl', text) });
    expect(source.columns).toEqual([
      { name: 'user', type: 'text' },
      { name: 'n', type: 'text', numbers: true },
      { name: 'tags', type: 'json' },
      { name: 'on', type: 'text' },
      { name: 'x', type: 'json' },
    ]);
    const [first, second] = text.trim().split('\n\n');
    expect(await bench.rows(source)).toEqual([
      [0, 0, 1, null, first, 'u', '1.5', '["a",1]', 'true', null],
      [0, 2, 3, null, second, null, null, null, null, '{"a":"N/H"}'],
    ]);
  });

  it('marks what is no object, wherever it stands, and reads the others', async () => {
    const lines = ['{"a":1}', '{"a":', 'x', '[1]', '"s"', '{"a":2}}', "{'a':3}", '{"a":"\\ud800"}', '{"a":4}'];
    // Both ways: the second has a line end that the engine does not read.
    for (const end of ['\n', '\r\n'])
      expect(await bench.read({ files: await bench.file('broken.jsonl', lines.join(end)) })).toEqual(
        lines.map((raw, row) =>
          row === 0 || row === 8
            ? [0, row, row + 1, null, raw, row === 0 ? '1' : '4']
            : [0, row, row + 1, 'json', raw, null],
        ),
      );
  });

  it('keeps every digit of an id', async () => {
    const ids = ['9007199254740993', '18446744073709551617', '123456789012345678901234567890', '7'];
    const rows = await bench.read({ files: await bench.file('ids.jsonl', ids.map((id) => `{"id":${id}}`).join('\n')) });
    expect(rows.map((row) => row[5])).toEqual(ids);
  });

  it('takes the first of a repeated key', async () => {
    const rows = await bench.read({ files: await bench.file('twice.jsonl', '{"a":1,"b":2,"a":3}\n') });
    expect(rows.map((row) => row.slice(5))).toEqual([['1', '2']]);
  });

  it('reads keys that look like paths, and says which cannot be columns', async () => {
    const text = '{"a/b~c":1,"x.y":2,"*":3,"it\'s \\"q\\"":4,"ID":5,"id":6,"":7,"_row":8}\n';
    const source = await bench.open({ files: await bench.file('keys.jsonl', text) });
    expect((await bench.rows(source))[0]?.slice(5)).toEqual(['1', '2', '3', '4', '5']);
    expect(source.report).toHaveLength(1);
    expect(source.report[0]).toMatchObject({
      kind: 'noted',
      count: 3,
      what: expect.stringContaining('"id", "", "_row"'),
    });
  });

  it('offers a column that is asked for and occurs late', async () => {
    const lines = Array.from({ length: 20_500 }, (_, row) => (row === 20_400 ? '{"a":1,"late":["x"]}' : '{"a":1}'));
    const files = await bench.file('late.jsonl', lines.join('\n'));
    expect((await bench.open({ files })).columns.map(({ name }) => name)).toEqual(['a']);
    const source = await bench.open({ files }, ['late', 'never']);
    expect(source.columns).toEqual([
      { name: 'a', type: 'text', numbers: true },
      { name: 'late', type: 'json' },
    ]);
  });

  it('survives nesting of any depth', async () => {
    const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const text = `${deep}\n{"a":${'['.repeat(100_000)}\n${'{"a":'.repeat(50_000)}\n`;
    const rows = await bench.read({ files: await bench.file('deep.jsonl', text) });
    expect(rows.map((row) => [row[3], String(row[5]).length])).toEqual([
      [null, 200_000],
      ['json', 4],
      ['json', 4],
    ]);
  });

  it('marks bytes that are no text, and skips a byte order mark', async () => {
    const content = bytes('\uFEFF{"a":1}\n{"a":"', 0xe9, '"}\n{"a":"x', 0, '"}\n');
    expect(await bench.read({ files: await bench.file('bytes.jsonl', content) })).toEqual([
      [0, 0, 1, null, '{"a":1}', '1'],
      [0, 1, 2, 'utf-8', '{"a":"\uFFFD"}', null],
      [0, 2, 3, 'nul', '{"a":"x\uFFFD"}', null],
    ]);
    const latin = await bench.read({
      files: await bench.file('latin.jsonl', bytes('{"a":"', 0xe9, '"}')),
      encoding: 'latin1',
    });
    expect(latin[0]?.[5]).toBe('é');
  });

  it('says so where there are no objects', async () => {
    await expect(bench.open({ files: await bench.file('none.jsonl', '') })).rejects.toThrow(/it is empty/);
    await expect(bench.open({ files: await bench.file('text.jsonl', '\na,b\n') })).rejects.toThrow(
      /text\.jsonl, line 2: "a,b" is not an object of JSON, nor is any line/,
    );
  });
});

describe('arrays of JSON', () => {
  it('gives every element its line and place, whatever stands between', async () => {
    const text = ' [\n{"a":1},{"a":"],[\\"}"}\n,\n\n{\n"a": [2]\n} , 7, "x" ,{"a":3}{"a":4}\n]\n';
    const rows = await bench.read({ files: await bench.file('array.json', text) });
    expect(rows).toEqual([
      [0, 0, 2, null, '{"a":1}', '1'],
      [0, 1, 2, null, '{"a":"],[\\"}"}', '"],[\\"}"'],
      [0, 2, 5, null, '{\n"a": [2]\n}', '[2]'],
      [0, 3, 7, 'json', '7', null],
      [0, 4, 7, 'json', '"x"', null],
      [0, 5, 7, 'json', '{"a":3}{"a":4}', null],
    ]);
  });

  it('marks nothing between commas, and elements that are no text', async () => {
    const rows = await bench.read({
      files: await bench.file('odd.json', bytes('[{"a":1},,{"a":"', 0xff, '"},{"a":"', 0, '"},]')),
    });
    expect(rows.map((row) => row.slice(3, 5))).toEqual([
      [null, '{"a":1}'],
      ['json', ''],
      ['utf-8', '{"a":"\uFFFD"}'],
      ['nul', '{"a":"\uFFFD"}'],
      ['json', ''],
    ]);
  });

  it('marks an element over 16 MiB and reads on', async () => {
    const long = Buffer.alloc(20 * 1024 * 1024, 'x');
    const content = Buffer.concat([Buffer.from('[{"a":"'), long, Buffer.from('"},{"a":2}]')]);
    const rows = await bench.read({ files: await bench.file('long.json', content) });
    expect(rows.map((row) => [row[3], String(row[4]).length, row[5]])).toEqual([
      ['too-long', 1000, null],
      [null, 7, '2'],
    ]);
  });

  it.each([
    ['[{"a":1},{"a":2}', /line 1: is cut off: its array has no end \(1 elements before\)/],
    ['[{"a":1}]\n[{"a":2}]', /line 2: goes on after the end of the array/],
    ['{"a":1}', /line 1: does not begin with \[/],
    ['[]', /it is empty/],
    [' \n', /it is empty/],
    ['[{"a":"x},{"a":"y"}]', /is cut off/],
    ['[1,2]', /is not an object of JSON, nor is any line/],
  ])('refuses %j', async (text, message) => {
    const files = await bench.file('refused.json', text);
    await expect(bench.open({ files, format: 'json' })).rejects.toThrow(message);
  });

  it('reads several files, packed ones too, and keeps types apart from guesses', async () => {
    await bench.file('part-1.json', '[{"id":"007","at":"2012-01-03 15:28:18"}]');
    await bench.file('part-2.json.gz', gzipSync('\uFEFF[{"id":9007199254740993,"at":["x"]}]'));
    const source = await bench.open({ files: ['part-1.json', 'part-2.json.gz'] });
    expect((await bench.rows(source)).map((row) => [row[0], row[1], ...row.slice(5)])).toEqual([
      [0, 0, '007', '"2012-01-03 15:28:18"'],
      [1, 0, '9007199254740993', '["x"]'],
    ]);
  });
});

describe('Python literals', () => {
  it.each([
    [`{'a': 'it\\'s', "b": "L'Oreal", 'c': u'\\xe9\\u00e9\\U0001F600'}`, { a: "it's", b: "L'Oreal", c: 'éé😀' }],
    [
      `{'t': True, 'f': False, 'n': None, 'i': [], 'd': {}, 'p': (), 'q': (1,)}`,
      { t: true, f: false, n: null, i: [], d: {}, p: [], q: [1] },
    ],
    [
      `{'c': [['Beauty', "Men's", 'Say "x"']], 'x': 'a' 'b', 'r': r'\\n', 'b': b'y'}`,
      { c: [['Beauty', "Men's", 'Say "x"']], x: 'ab', r: '\\n', b: 'y' },
    ],
    [
      `{'i': 1_000, 'l': 7L, 'f': .5, 'g': 2., 'e': 1e3, 'm': -0.25, 'z': 007, 'x': nan, 'y': -inf}`,
      { i: 1000, l: 7, f: 0.5, g: 2, e: 1000, m: -0.25, z: 7, x: null, y: null },
    ],
    [
      `{'e': '\\n\\t\\\\\\'\\"\\q\\101', 1: 'k', 's': '\\ud83d\\ude00', 'h': '\\ud800'}`,
      { e: '\n\t\\\'"\\qA', 1: 'k', s: '😀', h: '\uFFFD' },
    ],
    [` { 'a' : 1 , } `, { a: 1 }],
  ])('reads %s', (text, value) => {
    expect(JSON.parse(pythonToJson(text) ?? 'null')).toEqual(value);
  });

  it.each([
    `{'a': }`,
    `{'a'}`,
    `{'a': 1`,
    `{'a': 'x}`,
    `{'a': 1} x`,
    `{'a': __import__('os')}`,
    `{'a': 1 'b': 2}`,
    `[1,,2]`,
    `{'a': '\\x4'}`,
    '',
    `{'a': 0x1F}`,
    '['.repeat(10_000),
  ])('takes no notice of what is no literal: %s', (text) => {
    expect(pythonToJson(text)).toBeUndefined();
  });

  it('keeps every digit', () => {
    expect(pythonToJson(`{'id': 123456789012345678901}`)).toBe('{"id":123456789012345678901}');
  });

  it('gives lines of literals their places, and marks the others', async () => {
    const text = `{'asin': 'B1', 'price': 9.50, 'new': True, 'tags': ['a', "b's"]}\n{'asin': 'B2', 'price': None\n{"asin": "B3"}\n`;
    const source = await bench.open({ files: await bench.file('meta.json', text) });
    expect(source.spec.format).toBe('python');
    const [first, second] = text.split('\n');
    expect(await bench.rows(source)).toEqual([
      [0, 0, 1, null, first, 'B1', '9.5', 'true', `["a","b's"]`],
      [0, 1, 2, 'json', second, null, null, null, null],
      [0, 2, 3, null, '{"asin": "B3"}', 'B3', null, null, null],
    ]);
    const packed = await bench.read({
      files: await bench.file('meta.json.gz', gzipSync(text.replaceAll('\n', '\r\n'))),
    });
    expect(packed.map((row) => row.slice(5))).toEqual((await bench.rows(source)).map((row) => row.slice(5)));
  });
});
