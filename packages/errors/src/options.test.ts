// Options are refused where they are not what their table says, at every level.
import { describe, expect, it } from 'vitest';
import { DifsrError, type Fault } from './fault.js';
import { checkOptions, needed, option, type OptionRules } from './options.js';

interface Sample {
  readonly width: number;
  readonly rate?: number;
  readonly names?: readonly string[];
  readonly inner?: { readonly on: boolean };
  readonly widths?: number | Readonly<Record<string, number>>;
}

const rules: OptionRules<Sample> = {
  width: needed(option.whole(1)),
  rate: option.share,
  names: option.list(option.text),
  inner: option.object<NonNullable<Sample['inner']>>({ on: needed(option.flag) }),
  widths: option.either(option.whole(1), option.record(option.whole(1))),
};
// As callers without types write.
const check = (options: unknown): void => checkOptions('sample', options as Sample, rules, DifsrError);

function thrownBy(run: () => void): DifsrError {
  try {
    run();
  } catch (error) {
    if (error instanceof DifsrError) return error;
  }
  throw new Error('nothing of ours was thrown');
}

describe('options', () => {
  it.each<object>([
    { width: 1 },
    { width: 2, rate: 0, names: [], inner: { on: false }, widths: 3 },
    { width: 2, widths: { a: 1 }, rate: undefined, other: undefined },
  ])('%j fits', (options) => expect(() => check(options)).not.toThrow());

  it.each<[unknown, string]>([
    [
      { width: 1, rat: 0.5 },
      'sample has no option "rat"; its options are width, rate, names, inner, widths\n  cure: did you mean rate?',
    ],
    [{}, 'sample needs the option "width"'],
    [{ width: null }, 'sample: width is a whole number from 1 on, got null'],
    [{ width: NaN }, 'sample: width is a whole number from 1 on, got NaN'],
    [{ width: '1' }, 'sample: width is a whole number from 1 on, got "1"'],
    [{ width: 1, rate: 1 }, 'sample: rate is a share in [0, 1), got 1'],
    [{ width: 1, names: 'a' }, 'sample: names is a list, got "a"'],
    [{ width: 1, names: ['a', 2] }, 'sample: names[1] is a text, got 2'],
    [
      { width: 1, inner: { of: true } },
      'sample: inner has no option "of"; its options are on\n  cure: did you mean on?',
    ],
    [{ width: 1, inner: {} }, 'sample: inner needs the option "inner.on"'],
    [{ width: 1, inner: { on: 'false' } }, 'sample: inner.on is true or false, got "false"'],
    [{ width: 1, inner: [] }, 'sample: inner takes an object with its options on, got a list'],
    [{ width: 1, widths: 0 }, 'sample: widths is a whole number from 1 on, got 0'],
    [
      { width: 1, toString: 1 },
      'sample has no option "toString"; its options are width, rate, names, inner, widths\n  cure: correct it, or leave it out',
    ],
    [undefined, 'sample takes an object with its options width, rate, names, inner, widths, got undefined'],
    [() => 1, 'sample takes an object with its options width, rate, names, inner, widths, got a function'],
  ])('%j does not', (options, message) => {
    expect(() => check(options)).toThrow(expect.objectContaining({ message }));
  });

  it('all that is wrong is told at once, each with its option', () => {
    const error = thrownBy(() => check({ width: 0, rat: 1, inner: { on: 1 } }));
    expect(error.faults).toMatchObject([
      { option: 'rat', cure: 'did you mean rate?' },
      { option: 'width', where: 'sample', what: 'width is a whole number from 1 on, got 0' },
      { option: 'inner.on', where: 'sample' },
    ]);
    expect(error.message.split('\n')).toHaveLength(4);
  });

  it('the path of an entry is written where the entry is wrong, and for no other', () => {
    const asked: string[] = [];
    const even = (value: unknown, path: string): Fault | undefined => {
      asked.push(path);
      return Number(value) % 2 === 0 ? undefined : { option: path, what: `${path} is odd` };
    };
    interface Lists {
      readonly list?: readonly number[];
      readonly record?: Readonly<Record<string, number>>;
    }
    const error = thrownBy(() =>
      checkOptions<Lists>(
        'sample',
        { list: [0, 2, 3, 5], record: { a: 2, b: 1 } },
        { list: option.list(even), record: option.record(even) },
        DifsrError,
      ),
    );
    expect(error.faults.map(({ what }) => what)).toEqual(['list[2] is odd', 'record.b is odd']);
    expect(asked).toEqual(['list', 'list', 'list', 'list[2]', 'record', 'record', 'record.b']);
  });

  it('a key of the type without a rule does not compile', () => {
    // @ts-expect-error rate is missing
    const short: OptionRules<{ readonly width: number; readonly rate?: number }> = { width: needed(option.whole(1)) };
    // @ts-expect-error width has no default
    const slack: OptionRules<{ readonly width: number }> = { width: option.whole(1) };
    expect([short, slack]).toHaveLength(2);
  });
});
