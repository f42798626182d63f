// Against scipy 1.17 (stats.t.sf, stats.ttest_rel), published data, and Holm's method by hand.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holm, MetricsError, pairedTest, studentP } from './index.js';

describe("the two-sided p-value of Student's t", () => {
  it.each([
    [2.776445105, 4, 0.05000000001011946],
    [0.5, 1, 0.7048327646991335],
    [12.7062, 1, 0.0500000185607104],
    [2.2, 2, 0.15880897580794018],
    [1e-8, 10, 0.9999999922178323],
    [0.001, 22362, 0.9992021244922265],
    [1.96, 22362, 0.05000819050562646],
    [-3.5, 22362, 0.00046616361610902395],
    [6.5, 22362, 8.201355422853813e-11],
    [8, 500000, 1.2468218485068035e-15],
  ])('of %f with %i degrees of freedom is that of scipy', (t, freedom, p) => {
    expect(Math.abs(studentP(t, freedom) / p - 1)).toBeLessThan(1e-9);
  });

  it('has its ends', () => expect([studentP(0, 5), studentP(Infinity, 5), studentP(40, 22362)]).toEqual([1, 0, 0]));
});

describe('the paired t-test', () => {
  it("is that of scipy on Student's data on sleep (Biometrika 1908)", () => {
    const one = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
    const other = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
    const { difference, margin, t, p, count } = pairedTest(one, other);
    expect([difference, t, p, count]).toEqual([
      expect.closeTo(-1.58, 12),
      expect.closeTo(-4.062127683382037, 12),
      expect.closeTo(0.002832890197384273, 12),
      10,
    ]);
    expect(difference - margin).toBeCloseTo(-2.459885763276983, 5);
    expect(difference + margin).toBeCloseTo(-0.7001142367230175, 5);
  });

  it('is that of scipy over many users, most of whom have 0 in both', () => {
    const gains = (step: number, of: number): number[] =>
      Array.from({ length: 2000 }, (_, i) => ((i * step) % of < 10 ? 1 / Math.log2(2 + ((i * step) % of)) : 0));
    const { difference, margin, t, p } = pairedTest(gains(7, 40), gains(11, 37));
    expect(t).toBeCloseTo(-1.341100445606474, 10);
    expect(p).toBeCloseTo(0.18004019736351312, 10);
    expect(difference - margin).toBeCloseTo(-0.023606792943472205, 7);
  });

  it('finds no difference of a system to itself, and no accident in one that all users have', () => {
    expect(pairedTest([0.5, 0, 1], [0.5, 0, 1])).toMatchObject({ difference: 0, t: 0, p: 1 });
    expect(pairedTest([0.5, 1, 1.5], [0, 0.5, 1])).toMatchObject({ difference: 0.5, t: Infinity, p: 0 });
  });

  it.each([
    [[1], [1]],
    [
      [1, 2],
      [1, 2, 3],
    ],
    [
      [1, NaN],
      [1, 2],
    ],
  ])('refuses %j against %j', (one, other) => expect(() => pairedTest(one, other)).toThrow(MetricsError));
});

describe("Holm's correction", () => {
  it.each([
    [
      [0.01, 0.04, 0.03],
      [0.03, 0.06, 0.06],
    ],
    // R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), 'holm')
    [
      [0.01, 0.02, 0.03, 0.04, 0.05],
      [0.05, 0.08, 0.09, 0.09, 0.09],
    ],
    [
      [0.9, 0.6],
      [1, 1],
    ],
    [[0.04], [0.04]],
    [[], []],
  ])('of %j is %j', (ps, corrected) =>
    expect(holm(ps)).toEqual(corrected.map((p) => expect.closeTo(p, 12) as unknown)),
  );

  it('rejects what the step-down method rejects, one by one', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }), (ps) => {
        const rejected = new Set<number>();
        const order = ps.map((_, i) => i).sort((a, b) => (ps[a] ?? 0) - (ps[b] ?? 0));
        for (const [place, at] of order.entries()) {
          if ((ps[at] ?? 0) * (ps.length - place) > 0.05) break;
          rejected.add(at);
        }
        expect(holm(ps).map((p) => p <= 0.05)).toEqual(ps.map((_, i) => rejected.has(i)));
      }),
    );
  });

  it('refuses what is no p-value', () => expect(() => holm([0.5, 1.2])).toThrow(/1\.2 is not a p-value/));
});
