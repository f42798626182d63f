// The guide says what the schema says, and what it shows can be used.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { serverConfig } from './read.js';
import { configurationRows } from './reference.test.support.js';

const guide = readFileSync(new URL('../../../../docs/guide/serve.md', import.meta.url), 'utf8');

it('the table of the guide has every key as the schema has it', () => {
  const [, table = ''] = /^\| key \|.*\n\|---.*\n((?:\|.*\n)+)/m.exec(guide) ?? [];
  expect(table.trimEnd().split('\n')).toEqual(configurationRows());
});

it('the configurations of the guide can be used', () => {
  const blocks = [...guide.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, yaml = '']) => yaml);
  expect(blocks.length).toBeGreaterThan(0);
  for (const yaml of blocks) expect(() => serverConfig(parse(yaml), yaml)).not.toThrow();
});
