// The example of the README runs as it stands (against the built package).
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('the README example runs and prints what it says', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```js\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const folder = await mkdtemp(path.join(tmpdir(), 'difsr-readme-'));
  try {
    const file = path.join(folder, 'example.mjs');
    const built = new URL('../dist/index.js', import.meta.url).href;
    await writeFile(file, example.replace("'@difsr/data'", JSON.stringify(built)));
    const { stdout } = await promisify(execFile)(process.execPath, [file]);
    expect(stdout).toMatch(
      /^2400 users, 1500 items, \d+ interactions\nuser user-1 was shown \d+ items\nand then took [A-Z]/,
    );
    expect(stdout).toMatch(/true\ntrue true\n$/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
