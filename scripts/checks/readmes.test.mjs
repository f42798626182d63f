// Every public package has a README with an example, and every example prints what the README says.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publicPackages } from './public-packages.mjs';
import { readmeExamples, runExample } from './readme-example.mjs';

const packages = publicPackages().map(({ folder, path, manifest }) => {
  const file = join(folder, 'README.md');
  return { folder, path, name: manifest.name, readme: existsSync(file) ? readFileSync(file, 'utf8') : '' };
});

describe('README', () => {
  it.each(packages)('of $path says how to install the package and has an example that prints something', (one) => {
    expect(one.readme).toMatch(new RegExp(`^npm install (.* )?${one.name}(\\s|$)`, 'm'));
    expect(readmeExamples(one.readme).filter(({ printed }) => printed !== undefined)).not.toEqual([]);
  });

  const examples = packages.flatMap(({ folder, path, readme }) =>
    readmeExamples(readme).map((example, i) => ({ folder, path, number: i + 1, example })),
  );
  it.concurrent.each(examples)('of $path, example $number prints what it says', async ({ folder, example }) => {
    const { printed, code, stderr } = await runExample(example, folder);
    expect(code, stderr).toBe(0);
    if (example.printed !== undefined) expect(printed).toEqual(example.printed);
  });
});

describe('finding examples', () => {
  const readme = [
    '# Title',
    '```js',
    "import { a } from '@difsr/graph/conformance';",
    "import zod from 'zod';",
    "console.log(a({ backend: 'tfjs' })); // 1 2",
    '```',
    '## Second',
    '<!-- not run: needs a model of your own -->',
    '```js',
    "throw new Error('must not run');",
    '```',
    '```js',
    'console.log(1);',
    '```',
    '```text',
    'one',
    'two',
    '```',
  ].join('\n');

  it('takes promised output from comments or the text block, and leaves out what is marked', () => {
    expect(readmeExamples(readme)).toMatchObject([
      { heading: 'Title', printed: ['1 2'], imports: ['@difsr/graph', 'zod'], backends: ['tfjs'] },
      { heading: 'Second', printed: ['one', 'two'], imports: [], backends: [] },
    ]);
  });
});
