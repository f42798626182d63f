// Lines by the numbers in their SVG.
import { describe, expect, it } from 'vitest';
import { lineChart } from './line-chart.js';

const AXES = { x: 'epoch', y: 'NDCG@10' };

function pointsOf(svg: string): number[][][] {
  return [...svg.matchAll(/<polyline points="([^"]*)"/g)].map(([, points = '']) =>
    points.split(' ').map((point) => point.split(',').map(Number)),
  );
}

describe('a line chart', () => {
  it('places points to scale, all within the drawing', () => {
    const svg = lineChart(
      [
        { name: 'a', points: [1, 2, 3].map((x) => ({ x, y: 0.01 * x })) },
        { name: 'b', points: [1, 3].map((x) => ({ x, y: 0.02 })) },
      ],
      AXES,
    );
    const [a = [], b = []] = pointsOf(svg);
    const [first = [], middle = [], last = []] = a;
    expect((first[0] ?? 0) + (last[0] ?? 0)).toBeCloseTo(2 * (middle[0] ?? 0), 1); // halfway
    expect((first[1] ?? 0) + (last[1] ?? 0)).toBeCloseTo(2 * (middle[1] ?? 0), 1);
    expect(first[1]).toBeGreaterThan(last[1] ?? 0); // up is smaller
    expect(b.map(([, y]) => y)).toEqual([middle[1], middle[1]]);
    const [, , width = 0, height = 0] = (/viewBox="([^"]*)"/.exec(svg)?.[1] ?? '').split(' ').map(Number);
    for (const [x = -1, y = -1] of [...a, ...b]) expect(x >= 0 && x <= width && y >= 0 && y <= height).toBe(true);
  });

  it('gives lines of one name one colour and one entry of the legend, and escapes names', () => {
    const point = [
      { x: 1, y: 1 },
      { x: 2, y: 2 },
    ];
    const svg = lineChart(
      [
        { name: '<a&b>', points: point },
        { name: '<a&b>', points: point },
        { name: 'c', points: point },
      ],
      AXES,
    );
    const colours = [...svg.matchAll(/<polyline [^>]*stroke="([^"]*)"/g)].map(([, colour]) => colour);
    expect(colours[0]).toBe(colours[1]);
    expect(colours[2]).not.toBe(colours[0]);
    expect(svg.match(/>&#60;a&#38;b&#62;<\/text>/g)).toHaveLength(1);
    expect(svg).not.toContain('<a&b>');
  });

  it('on a logarithmic axis places powers of ten evenly, and leaves out what is not above 0', () => {
    const svg = lineChart([{ name: 'a', points: [1, 1e-3, 1e-6, 0].map((y, x) => ({ x, y })) }], {
      ...AXES,
      logarithmic: true,
    });
    const [[first, middle, last, none] = []] = pointsOf(svg);
    expect((first?.[1] ?? 0) + (last?.[1] ?? 0)).toBeCloseTo(2 * (middle?.[1] ?? 0), 1);
    expect(none).toBeUndefined();
    expect(svg).toContain('>1e-6</text>');
    expect(svg).toContain('>1</text>');
  });

  it.each([
    ['one point', [{ name: 'a', points: [{ x: 1, y: 0.5 }] }]],
    ['equal values', [{ name: 'a', points: [1, 2].map((x) => ({ x, y: 0 })) }]],
    ['no lines', []],
    ['a line without points', [{ name: 'a', points: [] }]],
  ])('of %s has finite numbers', (_, lines) => {
    expect(lineChart(lines, AXES)).not.toMatch(/NaN|Infinity|undefined/);
  });
});
