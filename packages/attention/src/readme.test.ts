// The example of the README, run as it stands there, prints what the README says.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('the README example prints what it says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, code] = /## Example[\s\S]*?```js\n([\s\S]*?)```/.exec(readme) ?? [];
  const [, expected] = /```text\n([\s\S]*?)```/.exec(readme) ?? [];
  // Inside the package, so that its own name resolves to the built entry point.
  const file = fileURLToPath(new URL('../dist/readme-example.mjs', import.meta.url));
  writeFileSync(file, code ?? 'throw new Error("the README has no example")');
  try {
    expect(execFileSync(process.execPath, [file], { encoding: 'utf8' })).toBe(expected);
  } finally {
    rmSync(file);
  }
});
