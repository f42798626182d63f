// Options are refused where they are not what their table says, at every level; and what is made of them in this package.
import { describe, expect, it } from 'vitest';
import { input, matmul, mul } from './build.js';
import { optimizerScalars, type OptimizerConfig } from './optimizers.js';
import { checkOptions, needed, option, type OptionRules } from './options.js';
import { trainingStep } from './training-step.js';
import { GraphError } from './types.js';

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
const check = (options: unknown): void =>
  checkOptions('sample', options as Sample, rules, (message) => new GraphError(message));

describe('options', () => {
  it.each<object>([
    { width: 1 },
    { width: 2, rate: 0, names: [], inner: { on: false }, widths: 3 },
    { width: 2, widths: { a: 1 }, rate: undefined, other: undefined },
  ])('%j fits', (options) => expect(() => check(options)).not.toThrow());

  it.each<[unknown, string]>([
    [
      { width: 1, rat: 0.5 },
      'sample has no option "rat"; its options are width, rate, names, inner, widths: correct it, or leave it out (did you mean rate?)',
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
      'sample: inner has no option "of"; its options are on: correct it, or leave it out (did you mean on?)',
    ],
    [{ width: 1, inner: {} }, 'sample: inner needs the option "inner.on"'],
    [{ width: 1, inner: { on: 'false' } }, 'sample: inner.on is true or false, got "false"'],
    [{ width: 1, inner: [] }, 'sample: inner takes an object with its options on, got a list'],
    [{ width: 1, widths: 0 }, 'sample: widths is a whole number from 1 on, got 0'],
    [
      { width: 1, toString: 1 },
      'sample has no option "toString"; its options are width, rate, names, inner, widths: correct it, or leave it out',
    ],
    [undefined, 'sample takes an object with its options width, rate, names, inner, widths, got undefined'],
    [() => 1, 'sample takes an object with its options width, rate, names, inner, widths, got a function'],
  ])('%j does not', (options, message) => {
    expect(() => check(options)).toThrow(new GraphError(message));
  });

  it('a key of the type without a rule does not compile', () => {
    // @ts-expect-error rate is missing
    const short: OptionRules<{ readonly width: number; readonly rate?: number }> = { width: needed(option.whole(1)) };
    // @ts-expect-error width has no default
    const slack: OptionRules<{ readonly width: number }> = { width: option.whole(1) };
    expect([short, slack]).toHaveLength(2);
  });
});

describe('what takes options here', () => {
  it.each<[object, RegExp]>([
    [{ kind: 'adm' }, /optimizer\.kind is one of adam, adamw, sgd, got "adm"/],
    [{ kind: 'adam', beta_1: 0.9 }, /optimizer has no option "beta_1"; its options are kind, beta1/],
    [{ kind: 'adam', momentum: 0.9 }, /no option "momentum"/],
    [{ kind: 'sgd', beta1: 0.9 }, /no option "beta1"/],
    [{ kind: 'adamw', decay: NaN }, /optimizer\.decay is a finite number from 0 on, got NaN/],
    [{ kind: 'adam', beta1: 1 }, /optimizer\.beta1 is a share/],
  ])('an optimizer: %j', (config, message) => {
    const optimizer = config as OptimizerConfig;
    expect(() => optimizerScalars(optimizer, 1, 0.1)).toThrow(message);
    const weight = input('w', []);
    const parameters = [{ name: 'w', tensor: weight, decay: false, trainable: true }];
    expect(() => trainingStep({ loss: mul(weight, weight), parameters, optimizer })).toThrow(message);
  });

  it('a training step and a product', () => {
    const weight = input('w', []);
    const parameters = [{ name: 'w', tensor: weight, decay: false, trainable: true }];
    const step = { loss: mul(weight, weight), parameters, optimizer: { kind: 'adam' } } as const;
    expect(() => trainingStep({ ...step, clipnorm: 1 } as typeof step)).toThrow(
      /trainingStep has no option "clipnorm"/,
    );
    expect(() => trainingStep({ ...step, clipNorm: NaN })).toThrow(/clipNorm is a finite number above 0, got NaN/);
    const a = input('a', [2, 2]);
    expect(() => matmul(a, a, { transB: 'no' } as object)).toThrow(/matmul: transB is true or false, got "no"/);
    expect(() => matmul(a, a, { transpose: true } as object)).toThrow(/matmul has no option "transpose"/);
  });
});
