// The pages and pictures that are made by code are those that the code makes now, and every page can be found.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../bootstrap.mjs';
import { ATTENTION_CONFIG, attentionConfigPage } from './attention-config.mjs';
import { DESCRIPTION, descriptionPage } from './description.mjs';
import { entryPoints } from './entry-points.mjs';
import { drawPictures, MEASURED } from './pictures.mjs';
import { centred } from './scores-picture.mjs';
import { singularValues } from './singular-values.mjs';
import { missingPages, unlistedPages } from './pages.mjs';

const read = (/** @type {string} */ path) => readFileSync(join(ROOT, path), 'utf8');

describe('generated pages', () => {
  it('the attention configuration is up to date: npm run docs', () => {
    expect(read(ATTENTION_CONFIG)).toBe(attentionConfigPage());
  });

  it('the keys of a description are up to date: npm run docs', async () => {
    expect(read(DESCRIPTION)).toBe(await descriptionPage());
  });

  const pictures = drawPictures(JSON.parse(read(MEASURED)));
  it.each([...pictures.keys()])('%s is up to date: node scripts/docs-pictures.mjs', (path) => {
    expect(read(path)).toBe(pictures.get(path));
  });
});

describe('the site', () => {
  it('lists every page, and no other', () => {
    expect(unlistedPages()).toEqual([]);
    expect(missingPages()).toEqual([]);
  });

  it('covers every entry point of the attention package', () => {
    const names = entryPoints().map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        '@difsr/attention',
        '@difsr/attention/tfjs',
        '@difsr/attention/tfjs-layers',
        '@difsr/attention/onnxruntime',
      ]),
    );
  });
});

describe('what the pictures compute', () => {
  it('singular values are those of a known decomposition', () => {
    // A product of a rotation, diag(5, 2, 0) and another rotation.
    const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
    const matrix = [
      [5 * c, -2 * s, 0],
      [5 * s, 2 * c, 0],
      [0, 0, 0],
    ];
    const values = singularValues(matrix);
    expect(values[0]).toBeCloseTo(5, 12);
    expect(values[1]).toBeCloseTo(2, 12);
    expect(values[2]).toBeLessThan(1e-12);
  });

  it('the rank of a product is the inner size', () => {
    const random = (/** @type {number} */ i, /** @type {number} */ j) =>
      ((Math.imul(i * 31 + j + 7, 2654435761) >>> 8) % 1000) / 500 - 1;
    const product = Array.from({ length: 9 }, (_, i) =>
      Array.from({ length: 9 }, (__, j) => [0, 1, 2, 3].reduce((sum, k) => sum + random(i, k) * random(k + 20, j), 0)),
    );
    expect(singularValues(product).filter((value) => value > 1e-9)).toHaveLength(4);
  });

  it('centred rows hold the visible scores less their mean', () => {
    expect(
      centred([
        [4, 9],
        [1, 3],
      ]),
    ).toEqual([[0], [-1, 1]]);
  });
});
