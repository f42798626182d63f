import { describe, expect, it } from 'vitest';
import { meanInterval, MetricsError } from './index.js';

describe('mean and its 95 % interval', () => {
  it('are those of a hand calculation', () => {
    const { mean, margin, deviation, count } = meanInterval([1, 2, 3, 4, 5]);
    expect([mean, count]).toEqual([3, 5]);
    expect(deviation).toBeCloseTo(Math.sqrt(2.5), 12);
    expect(margin).toBeCloseTo((2.776445 * Math.sqrt(2.5)) / Math.sqrt(5), 4);
  });

  it.each([
    [41, 2.021075], // 40 degrees of freedom, from published tables
    [61, 2.000298],
    [121, 1.97993],
    [1001, 1.962339],
  ])('%i values use the t point %f', (count, point) => {
    const values = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 1 : -1));
    const { margin, deviation } = meanInterval(values);
    expect((margin * Math.sqrt(count)) / deviation).toBeCloseTo(point, 4);
  });

  it('has no seam where the table of t points ends', () => {
    const points = Array.from({ length: 40 }, (_, i) => {
      const values = Array.from({ length: i + 2 }, (__, j) => j % 2);
      const { margin, deviation, count } = meanInterval(values);
      return (margin * Math.sqrt(count)) / deviation;
    });
    const steps = points.slice(1).map((point, i) => points[i]! - point);
    steps.slice(1).forEach((step, i) => {
      expect(step).toBeGreaterThan(0); // t points fall with the degrees of freedom,
      expect(step).toBeLessThan(steps[i]! + 2e-5); // ever more slowly (the table has five digits)
    });
  });

  it('of one value says that nothing is known', () => {
    expect(meanInterval([0.5])).toEqual({ mean: 0.5, margin: Infinity, deviation: NaN, count: 1 });
  });

  it.each([[[]], [[1, NaN]], [[Infinity]]])('of %j is refused', (values) => {
    expect(() => meanInterval(values)).toThrow(MetricsError);
    expect(() => meanInterval(values)).toThrow(/cure: /);
  });
});
