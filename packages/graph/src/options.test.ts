// What takes options in this package, and refuses those that it does not have.
import { describe, expect, it } from 'vitest';
import { input, matmul, mul } from './build.js';
import { optimizerScalars, type OptimizerConfig } from './optimizers.js';
import { trainingStep } from './training-step.js';

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
