// Options of losses: what one takes that another does not is refused by name.
import { describe, expect, it } from 'vitest';
import { findModel, instantiate, lossNames, models, sasrec } from './index.js';
import { lossOf } from './losses.js';

const of = (options: object): ReturnType<typeof lossOf> => lossOf(options);

describe('a loss', () => {
  it.each([
    [{ loss: 'cross-entropy', negatives: 5 }, /model\.negatives|draws no negatives/],
    [{ loss: 'cross-entropy', negativeSampling: 'popularity' }, /draws no negatives/],
    [{ loss: 'bpr', calibration: 0.5 }, /no calibration[^]*gbce/],
    [{ loss: 'bce', paddingClass: true }, /no classes[^]*cross-entropy/],
    [
      { loss: 'gbce', negativeSampling: 'in-batch' },
      /calibrated for uniform negatives[^]*model\.loss: 'bpr', model\.loss: 'bce' or model\.loss: 'sampled-softmax'$/,
    ],
    [{ loss: 'sampled-softmax', negativeSampling: 'in-batch', negatives: 3 }, /all targets of a step/],
    [{ temperature: 0.1 }, /divided by no temperature[^]*cosine/],
  ])('refuses %j', (options, message) => {
    expect(() => of(options)).toThrow(message);
    expect(() => instantiate(sasrec, options, { items: 10, fields: [] })).toThrow(message);
  });

  it('has the number of negatives that its paper has, unless it is told another', () => {
    expect(lossNames.map((loss) => of({ loss }).sampling?.count)).toEqual([undefined, 1, 1, 256, 1024]);
    expect(of({ loss: 'gbce', negatives: 7 })).toMatchObject({ sampling: { count: 7 }, calibration: 0.75 });
    expect(of({ loss: 'sampled-softmax', negativeSampling: 'in-batch' }).sampling).toEqual({
      from: 'in-batch',
      count: undefined,
      shared: true,
    });
    expect(of({ loss: 'bce', negatives: 16 }).sampling?.shared).toBe(false);
    expect(of({ loss: 'bce', negatives: 17 }).sampling?.shared).toBe(true);
  });

  it('of a run from when BPR was called pairwise is BPR', () => {
    expect(instantiate(sasrec, { loss: 'pairwise' }, { items: 10, fields: [] }).config.loss).toBe('bpr');
  });

  it('can be any of every model that is trained', () => {
    for (const name of ['dif-sr', 'sasrec', 'sasrecf', 'nova', 'fdsa', 'bert4rec', 'gru4rec', 'gru4recf'])
      for (const loss of lossNames) {
        const model = findModel(name);
        if (model === undefined) throw new Error(`no ${name} among ${models.length} models`);
        expect(instantiate(model, { loss }, { items: 10, fields: [] }).config.loss).toBe(loss);
      }
  });
});
