// Where a run's configuration comes from, and what wins.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resolveConfig } from './resolve.js';
import type { Assignment } from './layers.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-config-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const flag = (path: string, value: unknown): Assignment => ({ path, value, shown: path });

const file = async (text: string): Promise<string> => {
  const path = join(folder, 'run.yaml');
  await writeFile(path, text);
  return path;
};

it('--set wins over options, options over the file, the file over the preset', async () => {
  const config = await file('training: {epochs: 2, seed: 2, targetsPerStep: 99}\nmodel: {heads: 4, layers: 3}\n');
  const flags = [flag('training.epochs', 3), flag('training.seed', 3)];
  const resolved = await resolveConfig({ preset: 'small', config, flags, set: ['training.epochs=4'] });
  expect(resolved.training).toMatchObject({ epochs: 4, seed: 3, targetsPerStep: 99 });
  expect(resolved.model).toMatchObject({ name: 'dif-sr', heads: 4, layers: 3, hiddenSize: 64 });
});

it('a preset named in the file is the base, one named on the command line replaces it', async () => {
  const config = await file('preset: paper\n');
  expect((await resolveConfig({ config })).model).toMatchObject({ hiddenSize: 256, fusion: 'gate', attributeLoss: 10 });
  expect((await resolveConfig({ config, preset: 'small' })).model).toMatchObject({ hiddenSize: 64, fusion: 'sum' });
});

it('another model takes only the shared options of a preset', async () => {
  const { model } = await resolveConfig({ preset: 'paper', flags: [flag('model.name', 'sasrec')] });
  expect(model).toMatchObject({ name: 'sasrec', hiddenSize: 256, heads: 8, layers: 4 });
  expect(Object.keys(model)).not.toContain('fusion');
});

it('settings are read as YAML: lists, objects, numbers and truth values', async () => {
  const set = [
    'evaluation.ks=[1, 10]',
    'training.schedule={kind: cosine, finalFraction: 0.1}',
    'model.freezeSide=true',
    'model.sideWidth={brand: 8}',
    'training.learningRate=5e-4',
  ];
  const { evaluation, training, model } = await resolveConfig({ set });
  expect(evaluation.ks).toEqual([1, 10]);
  expect(training).toMatchObject({ schedule: { kind: 'cosine', finalFraction: 0.1 }, learningRate: 5e-4 });
  expect(model).toMatchObject({ freezeSide: true, sideWidth: { brand: 8 } });
});

it('another kind of schedule replaces the options of the first', async () => {
  const config = await file('training:\n  schedule: {kind: step, every: 100, gamma: 0.5}\n');
  const { training } = await resolveConfig({ config, set: ['training.schedule.kind=cosine'] });
  expect(training.schedule).toEqual({ kind: 'cosine', finalFraction: 0 });
});

it('every problem is reported at once, each with its place', async () => {
  const config = await file('training:\n  epochs: many\nmodel:\n  fusoin: sum\n  heads: 0\n');
  const problem = await resolveConfig({ config, set: ['evaluation.k=5'] }).catch((error: unknown) => String(error));
  expect(problem).toMatch(/run\.yaml, line 2, training\.epochs: "many"/);
  expect(problem).toMatch(/run\.yaml, line 4, model\.fusoin: there is no option/);
  expect(problem).toMatch(/run\.yaml, line 5, model\.heads: 0 is not a whole number of at least 1/);
  expect(problem).toMatch(/evaluation\.k=5: there is no option evaluation\.k/);
  expect(problem).toMatch(/cure: did you mean model\.fusion\?/);
});

it('a key without its s is the one of its section, whatever is called so elsewhere', async () => {
  const problem = await resolveConfig({ set: ['model.itemField=sum'] }).catch((error: unknown) => String(error));
  expect(problem).toContain("did you mean model.itemFields? e.g. model.itemFields: 'sum'");
  expect(problem).not.toContain('itemColumn');
});

it('a wrong schedule says what there is', async () => {
  await expect(resolveConfig({ set: ['training.schedule={kind: cosin}'] })).rejects.toThrow(
    /"cosin" is not one of constant, cosine, step\n {2}cure: did you mean cosine\?/,
  );
  await expect(resolveConfig({ set: ['training.schedule={kind: step, every: 5}'] })).rejects.toThrow(
    /training\.schedule/,
  );
});

it('an empty file changes nothing, and a resolved configuration is a valid one', async () => {
  const plain = await resolveConfig({});
  expect(await resolveConfig({ config: await file('') })).toEqual(plain);
  expect(await resolveConfig({ config: await file(JSON.stringify(plain)) })).toEqual(plain);
});

it('the examples are valid configurations', async () => {
  const examples = new URL('../../../../examples/', import.meta.url);
  const beauty = fileURLToPath(new URL('beauty.yaml', examples));
  expect(await readFile(beauty, 'utf8')).toContain('difsr train --config examples/beauty.yaml');
  expect((await resolveConfig({ config: beauty })).data.path).toContain('Beauty');
});

it('every setting that the documentation shows is accepted', async () => {
  const root = new URL('../../../../', import.meta.url);
  const guide = await readdir(new URL('docs/guide/', root), { recursive: true });
  const pages = [
    'README.md',
    'docs/configuration.md',
    ...guide.filter((page) => page.endsWith('.md')).map((page) => `docs/guide/${page}`),
  ];
  const texts = await Promise.all(pages.map((page) => readFile(new URL(page, root), 'utf8')));
  const shown = texts.flatMap((text) =>
    Array.from(text.matchAll(/--set ('[^'\n]+'|"[^"\n]+"|[^\s`'")]+)/g), ([, setting = '']) => setting),
  );
  // Those of data prepare are keys of a description; names in capitals stand for the reader's own.
  const ours = shown
    .map((setting) => setting.replace(/^(['"])(.*)\1$/, '$2'))
    .filter((setting) => /^(?:data|model|training|evaluation|backend|device|threads|precision)\b[\w.]*=/.test(setting));
  expect(ours).toContain('model.fields=brand,tags');
  for (const setting of new Set(ours)) await expect(resolveConfig({ set: [setting] }), setting).resolves.toBeDefined();
});
