// docs/configuration.md says what the schemas say.
import { readFile } from 'node:fs/promises';
import { resolveConfig } from '@difsr/library/parts';
import { parse } from 'yaml';
import { expect, it } from 'vitest';
import { configurationReference } from './configuration-reference.js';

it('docs/configuration.md is up to date (otherwise: pnpm --filter difsr run docs)', async () => {
  expect(await readFile(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')).toBe(
    configurationReference(),
  );
});

it('every option of the default configuration is described', async () => {
  const text = configurationReference();
  const { data, training, evaluation, model } = await resolveConfig({});
  for (const [section, values] of Object.entries({ data, training, evaluation, model })) {
    for (const key of Object.keys(values)) expect(text).toContain(`\`${section}.${key}\``);
  }
});

it('the example of the page is a valid configuration', async () => {
  const example = /```yaml\n([^]*?)```/.exec(configurationReference())?.[1] ?? '';
  const { preset, ...values } = parse(example) as { preset: string; [section: string]: unknown }; // our own text
  const set = Object.entries(values).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  expect((await resolveConfig({ preset, set })).training.schedule).toEqual({ kind: 'cosine', finalFraction: 0.1 });
});
