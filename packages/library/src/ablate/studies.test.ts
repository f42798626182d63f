// Which systems studies are made of.
import { describe, expect, it } from 'vitest';
import { planned, studiesOf, studyNames, type StudyName } from './studies.js';

const MODEL = {
  hiddenSize: 64,
  heads: 2,
  layers: 2,
  fusion: 'sum',
  sideWidth: 64,
  attributeLoss: 5,
  itemFields: 'none',
};
const OTHERS = new Map([
  ['sasrec', { hiddenSize: 64, attributeLoss: 0 }],
  ['bert4rec', { hiddenSize: 64, attributeLoss: 0, attention: 'vanilla' }],
]);
const labels = (
  name: StudyName,
  fields: readonly string[] = ['categories', 'brand'],
  model = MODEL,
): readonly string[] => planned(studiesOf([name], { model, fields }), model, OTHERS).labels[0] ?? [];

describe('studies', () => {
  it('train the whole model once, however many of their variants it is', () => {
    const studies = studiesOf(studyNames, { model: MODEL, fields: ['categories', 'brand'] });
    const { systems, labels: all } = planned(studies, MODEL, OTHERS);
    expect(systems[0]).toEqual({ label: 'dif-sr', model: 'dif-sr', settings: {} });
    expect(new Set(systems.map(({ label }) => label)).size).toBe(systems.length);
    for (const name of [
      'fusion',
      'attribute-loss',
      'side-width',
      'layers',
      'heads',
      'item-fields',
      'integration',
    ] as const)
      expect(all[studyNames.indexOf(name)], name).toContain('dif-sr');
  });

  it('change one thing at a time', () => {
    expect(labels('fusion')).toEqual(['dif-sr', 'dif-sr fusion=concat', 'dif-sr fusion=gate']);
    expect(labels('attribute-loss')).toEqual([
      'dif-sr attributeLoss=0',
      'dif-sr attributeLoss=1',
      'dif-sr',
      'dif-sr attributeLoss=10',
    ]);
    expect(labels('fields')).toEqual([
      'dif-sr fields=categories+brand',
      'dif-sr fields=brand',
      'dif-sr fields=categories',
      'dif-sr fields=none',
    ]);
    expect(labels('fields', ['brand'])).toEqual(['dif-sr fields=brand', 'dif-sr fields=none']);
    expect(labels('fields', ['a', 'b', 'c'])).toHaveLength(8);
  });

  it('have the whole model for all fields where they are what it reads anyway', () => {
    const fields = ['categories', 'brand'];
    const whole = { ...MODEL, fields };
    expect(planned(studiesOf(['fields'], { model: MODEL, fields }), whole, OTHERS).labels[0]?.[0]).toBe('dif-sr');
  });

  it('leave out sizes that do not fit', () => {
    expect(labels('side-width')).toEqual(['dif-sr sideWidth=16', 'dif-sr sideWidth=32', 'dif-sr']);
    expect(labels('heads', [], { ...MODEL, sideWidth: 4 })).not.toContain('dif-sr heads=8');
  });

  it('put both halves into both models', () => {
    expect(labels('integration')).toEqual([
      'sasrec',
      'dif-sr attributeLoss=0',
      'sasrec attributeLoss=5',
      'dif-sr',
      'bert4rec',
      'bert4rec attention=dif',
      'bert4rec attributeLoss=5',
      'bert4rec attention=dif attributeLoss=5',
    ]);
  });
});
