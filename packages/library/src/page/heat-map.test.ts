import { describe, expect, it } from 'vitest';
import { heatMap } from './heat-map.js';

/** Shades of cells by `column row`, from the paths. */
function shadesOf(svg: string): Record<string, string> {
  return Object.fromEntries(
    [...svg.matchAll(/<path d="([^"]*)" fill="([^"]*)" fill-opacity="([^"]*)"/g)].flatMap(
      ([, path = '', fill, opacity]) =>
        [...path.matchAll(/M(\d+) (\d+)/g)].map(([, column, row]): [string, string] => [
          `${column} ${row}`,
          `${fill} ${opacity}`,
        ]),
    ),
  );
}

describe('a heat map', () => {
  it('colours cells by sign and magnitude, and leaves out what is nothing', () => {
    const svg = heatMap({
      title: 'm',
      rows: [
        [2, -1],
        [0, Number.NaN],
      ],
      labels: ['a', 'b'],
    });
    expect(shadesOf(svg)).toEqual({ '0 0': '#0a7cc4 1', '1 0': '#d55e00 0.5' });
  });

  it('takes what full colour stands for, so that several have one scale', () => {
    expect(shadesOf(heatMap({ title: 'm', rows: [[2]], labels: ['a'], full: 4 }))).toEqual({ '0 0': '#0a7cc4 0.5' });
    expect(shadesOf(heatMap({ title: 'm', rows: [[9]], labels: ['a'], full: 4 }))).toEqual({ '0 0': '#0a7cc4 1' });
  });

  it('escapes names, shortens long ones and tells them whole, and draws nothing that is no number', () => {
    const long = `<b>${'x'.repeat(40)}`;
    const svg = heatMap({ title: '<m>', rows: [[0]], labels: [long] });
    expect(svg).not.toMatch(/<b>|<m>|NaN|Infinity|undefined/);
    expect(svg).toContain(`<title>&#60;b&#62;${'x'.repeat(40)}</title>`);
    expect(svg).toMatch(/x…<\/text>/);
    expect(heatMap({ title: 'm', rows: [], labels: [] })).not.toMatch(/NaN|Infinity|undefined/);
  });
});
