import { constant, differentiate, type Tensor } from '@difsr/graph';
import { Scope } from '@difsr/nn';
import { describe, expect, it } from 'vitest';
import { declareInputs, observed, type ModelInstance, type Observed, type Source } from './index.js';
import {
  allPositions,
  DIF,
  MAX_LENGTH,
  numbers,
  run,
  SEQUENCES,
  tiny,
  weightsOf,
  type Values,
} from './tiny.test.support.js';

const named = (source: Source): string => (source.kind === 'field' ? source.field : source.kind);
const LENGTH = 5;

/** What is seen of a model's loss, and all that it reads. */
function seenOf(model: ModelInstance): { readonly seen: Observed; readonly loss: Tensor; readonly feeds: Values } {
  const { traced, seen, scope } = observed((own) => model.objective.loss(model, own));
  const weights = weightsOf({ parameters: scope.parameters.map(({ spec }) => spec) });
  return { seen, loss: traced.loss, feeds: { ...allPositions(SEQUENCES, LENGTH), ...weights } };
}

/** The gradient of the loss at the places of each source, by its name. */
function gradientsOf(model: ModelInstance): Record<string, number[]> {
  const { seen, loss, feeds } = seenOf(model);
  return Object.fromEntries(
    seen.sources.map(({ source, tensors }) => {
      const found = differentiate([[loss, constant(1)]], tensors).map((gradient) =>
        gradient === undefined ? [] : numbers(gradient, feeds),
      );
      return [named(source), (found[0] ?? []).map((_, i) => found.reduce((sum, each) => sum + (each[i] ?? 0), 0))];
    }),
  );
}

describe('a model that is watched', () => {
  it.each(['sasrec', 'sasrecf', 'nova', 'dif-sr', 'bert4rec', 'fdsa'])(
    '%s has the same states and loss, to the last bit',
    (name) => {
      const model = tiny(name);
      const valuesIn = (scope: Scope): Record<string, readonly number[]> => {
        const { loss } = model.objective.loss(model, scope);
        const weights = weightsOf({ parameters: scope.parameters.map(({ spec }) => spec) });
        const { hidden } = model.build(scope, declareInputs(model));
        const feeds = { ...allPositions(SEQUENCES, LENGTH), ...weights };
        return { loss: numbers(loss, feeds), hidden: numbers(hidden, feeds) };
      };
      const plain = valuesIn(new Scope({ training: false }));
      expect(plain['hidden']?.length).toBeGreaterThan(0);
      expect(observed(valuesIn).traced).toEqual(plain);
    },
  );

  it('tells of an attention per layer, with one matrix per source in DIF alone', () => {
    const of = (name: string): unknown =>
      observed((scope) => {
        const model = tiny(name);
        return model.trace(scope, declareInputs(model));
      }).seen.attentions.map((attention) => [attention.name, attention.sources.map(({ source }) => named(source))]);
    expect(of('dif-sr')).toEqual([
      ['layers.0.attention', ['brand', 'tags', 'item', 'position']],
      ['layers.1.attention', ['brand', 'tags', 'item', 'position']],
    ]);
    expect(of('nova')).toEqual([
      ['layers.0.attention', []],
      ['layers.1.attention', []],
    ]);
    expect(of('fdsa')).toHaveLength(4);
    expect(of('gru4rec')).toEqual([]);
  });

  it('the scaled sum of the sources is what the softmax gets', () => {
    const { seen, feeds } = seenOf(tiny('dif-sr', { ...DIF, fusion: 'sum' }));
    expect.assertions(4);
    for (const { scores, unmasked, sources } of seen.attentions) {
      const values = run(
        { scores, ...Object.fromEntries(sources.map(({ scores: own }, j) => [String(j), own])) },
        feeds,
      );
      const parts = sources.map((_, j) => [...(values[String(j)]?.data ?? [])]);
      const fused = [...(values['scores']?.data ?? [])];
      const size = fused.length;
      // Head size 2; scores of positions are the same for all rows, or have one of each.
      const sum = fused.map(
        (_, i) => parts.reduce((total, own) => total + (own[i % own.length] ?? 0), 0) / Math.sqrt(2),
      );
      expect(Math.max(...sum.map((x, i) => Math.abs(x - (fused[i] ?? 0))))).toBeLessThan(1e-12 * size);
      expect(unmasked && numbers(unmasked, feeds)).toEqual(fused);
    }
  });

  it('a causal-safe gate weighs hidden entries as it weighs visible ones; a concat has no such matrix', () => {
    const { seen, feeds } = seenOf(tiny('dif-sr', { ...DIF, fusion: 'gate', fusionForm: 'causal-safe' }));
    const [first] = seen.attentions;
    const fused = first && numbers(first.scores, feeds);
    const whole = first?.unmasked && numbers(first.unmasked, feeds);
    expect(fused).toHaveLength(SEQUENCES.length * 2 * LENGTH ** 2);
    const [differences, hidden] = [new Set<boolean>(), new Set<boolean>()];
    fused?.forEach((value, i) => {
      const [row, column] = [Math.floor(i / LENGTH) % LENGTH, i % LENGTH];
      // The first sequence has four items: its last place is padding, which nobody sees.
      if (column <= row && column < SEQUENCES[Math.floor(i / (2 * LENGTH ** 2))]!.length - 1)
        differences.add(Math.abs(value - (whole?.[i] ?? 0)) < 1e-12);
      else hidden.add(value === 0 && whole?.[i] !== 0);
    });
    expect([...differences]).toEqual([true]);
    expect([...hidden]).toEqual([true]);
    expect(seenOf(tiny('dif-sr', { ...DIF, fusion: 'concat' })).seen.attentions.map((own) => own.unmasked)).toEqual([
      undefined,
      undefined,
    ]);
    expect(MAX_LENGTH).toBeGreaterThan(LENGTH);
  });
});

describe('gradients of the sources at a place', () => {
  it('are the same under additive early fusion: the loss cannot move a side embedding and its item apart', () => {
    const { item = [], brand, tags } = gradientsOf(tiny('sasrecf', { fusion: 'sum' }));
    expect(item.some((value) => Math.abs(value) > 1e-4)).toBe(true);
    expect(brand).toEqual(item);
    expect(tags).toEqual(item);
  });

  it('differ under DIF, where each source has queries and keys of its own', () => {
    const { item = [], brand = [] } = gradientsOf(tiny('dif-sr', { ...DIF, fusion: 'sum' }));
    expect(brand).toHaveLength(item.length);
    const norm = (values: readonly number[]): number => Math.hypot(...values);
    const product = item.reduce((sum, value, i) => sum + value * (brand[i] ?? 0), 0);
    expect(norm(brand)).toBeGreaterThan(1e-4);
    expect(Math.abs(product) / (norm(item) * norm(brand))).toBeLessThan(0.9);
  });

  it('differ in NOVA, whose values are of items alone', () => {
    const { item = [], brand = [] } = gradientsOf(tiny('nova', { fusion: 'sum' }));
    expect(brand).toHaveLength(item.length);
    expect(Math.max(...brand.map((value, i) => Math.abs(value - (item[i] ?? 0))))).toBeGreaterThan(1e-3);
  });
});
