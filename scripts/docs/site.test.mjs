// The pages and pictures that are made by code are those that the code makes now, and every page can be found.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../bootstrap.mjs';
import { ATTENTION_CONFIG, attentionConfigPage } from './attention-config.mjs';
import { DESCRIPTION, descriptionPage } from './description.mjs';
import { entryPoints } from './entry-points.mjs';
import { checkLinks, deadLinks } from './links.mjs';
import { drawPictures, MEASURED } from './pictures.mjs';
import { centred } from './scores-picture.mjs';
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

// `npm test` builds the site and checks its links (scripts/docs.mjs --check): here, that this check finds what it should.
describe('the check of links', () => {
  const folder = mkdtempSync(join(tmpdir(), 'difsr-site-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  /** @param {string} path @param {string} html */
  const page = (path, html) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), html);
  };

  it('takes pages, folders, files, anchors and addresses elsewhere', () => {
    page('logo.svg', '<svg/>');
    page(
      'api/index.html',
      '<h2 id="a-b" tabindex="-1">A_B</h2><a href="../index.html#top">up</a><a href="#a-b">here</a>',
    );
    page(
      'index.html',
      '<h1 id="top">T</h1><h2 class="x" id="für-alle">F</h2><a class="y" href="/api/">api</a><a href="/api/#a-b">b</a>',
    );
    page(
      'guide/one.html',
      '<a href="/logo.svg">l</a><a href="../#f%C3%BCr-alle">f</a><a href="https://example.org/no#x">e</a><a href="#">t</a>',
    );
    expect(deadLinks(folder)).toEqual([]);
    expect(() => checkLinks(folder)).not.toThrow();
  });

  it('finds pages and anchors that are not there, in pages of any depth', () => {
    page(
      'api/@x/y.html',
      '<h3 id="data-formats">D</h3><a href="#data_formats">d</a><a href="/nowhere.html">n</a><a href="../index.html#a_b">a</a>',
    );
    const dead = ['api/@x/y.html: #data_formats', 'api/@x/y.html: ../index.html#a_b', 'api/@x/y.html: /nowhere.html'];
    expect(deadLinks(folder)).toEqual(dead);
    expect(() => checkLinks(folder)).toThrow(/^3 dead links:\napi\/@x/);
  });
});

describe('what the pictures compute', () => {
  it('centred rows hold the visible scores less their mean', () => {
    expect(
      centred([
        [4, 9],
        [1, 3],
      ]),
    ).toEqual([[0], [-1, 1]]);
  });
});
