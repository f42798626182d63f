// Texts whose settings and calls are written by whoever shows them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  call,
  inCode,
  joined,
  placeholder,
  say,
  setting,
  text,
  together,
  type Show,
  type SettingValue,
} from './text.js';

const command: Show = {
  settings: (settings) => settings.map(({ option, value }) => `--set ${option}=${JSON.stringify(value)}`).join(' '),
  call: ({ verb, given }) => ['difsr', verb, ...given].join(' '),
};

describe('a text', () => {
  it('is written as code, or as somebody else writes settings and calls', () => {
    const cure = text`train with ${setting('model.itemFields', 'sum')}, then ${call('resume', ['runs/a'])}`;
    expect(say(cure)).toBe("train with model.itemFields: 'sum', then resume('runs/a')");
    expect(say(cure, command)).toBe('train with --set model.itemFields="sum", then difsr resume runs/a');
  });

  it('names options without values, several together, and what the reader has to put in', () => {
    expect(say(text`lower ${setting('filters.userMin')}`)).toBe('lower filters.userMin');
    expect(say(together(setting('epochs', 3), setting('columns.user', placeholder('NAME'))))).toBe(
      'epochs: 3, columns.user: NAME',
    );
    expect(say(call('train', [], setting('data', 'shop'), setting('epochs', 3)))).toBe(
      "train({ data: 'shop', epochs: 3 })",
    );
    expect(say(call('pull', [placeholder('NAME')], setting('out', 'data')))).toBe("pull(NAME, { out: 'data' })");
  });

  it('takes numbers, other texts and nothing', () => {
    const inner = text`${2} of ${setting('threads')}`;
    expect(say(text`a ${inner}${undefined}${''}.`)).toBe('a 2 of threads.');
    expect(text`a ${1}`).toBe('a 1');
    expect(text``).toBe('');
    expect(say(joined(['a', setting('out'), text`b ${setting('data')}`], ', '))).toBe('a, out, b data');
  });

  it('is plain data', () => {
    const cure = text`use ${setting('device', 'cpu')} or ${call('models')}`;
    expect(structuredClone(cure)).toEqual(cure);
    expect(JSON.parse(JSON.stringify(cure))).toEqual(cure);
  });

  it('writes values as JavaScript reads them', () => {
    const value = fc.letrec<{ value: SettingValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.string({ unit: 'grapheme' }),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => (x === 0 ? 0 : x)),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value')),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), tie('value'), { noNullPrototype: true }),
      ),
    })).value;
    fc.assert(
      fc.property(
        value.filter((each) => typeof each !== 'object' || each === null || !('placeholder' in each)),
        (each) => {
          const written = inCode.settings([{ option: 'model.x', value: each }]).slice('model.x: '.length);
          // The one way to see whether JavaScript reads it.
          expect(new Function(`return ${written}`)()).toEqual(each);
        },
      ),
    );
  });
});
