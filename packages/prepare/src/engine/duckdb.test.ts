// DuckDB is optional: it is loaded when a file is read, and its absence is an error with the line that installs it.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const DOOR = new URL('../../dist/index.js', import.meta.url).href;

/** Runs a script in a process of its own in which no package of DuckDB can be resolved. */
async function withoutDuckDb(script: string): Promise<string> {
  const hook =
    "export const resolve = (name, context, next) => { if (name.startsWith('@duckdb/')) { const error = new Error(`Cannot find package '${name}' imported from here`); error.code = 'ERR_MODULE_NOT_FOUND'; throw error; } return next(name, context); };";
  const register = `import { register } from 'node:module'; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)});`;
  const args = [
    '--import',
    `data:text/javascript,${encodeURIComponent(register)}`,
    '--input-type=module',
    '-e',
    script,
  ];
  return (await promisify(execFile)(process.execPath, args)).stdout;
}

it('is not loaded with the package: what needs no file does without', async () => {
  const script = `const { readRecipe, parseDescription, checkDescription } = await import(${JSON.stringify(DOOR)});
    const recipe = await readRecipe('ml-1m');
    console.log(recipe.name, process.report.getReport().sharedObjects.filter((path) => /duckdb/.test(path)).length);`;
  expect(await withoutDuckDb(script)).toBe('ml-1m 0\n');
});

it('is asked for by name and version where it is missing', async () => {
  const script = `const { inspectFiles } = await import(${JSON.stringify(DOOR)});
    const error = await inspectFiles({ interactions: ${JSON.stringify(fileURLToPath(new URL('../../package.json', import.meta.url)))} }).catch((error) => error);
    console.log(error.name, error.message);`;
  const { peerDependencies } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
    peerDependencies: Record<string, string>;
  }; // our own package.json
  const said = await withoutDuckDb(script);
  expect(said).toContain('MissingPackageError');
  expect(said).toContain(`npm install @duckdb/node-api@${peerDependencies['@duckdb/node-api']}`);
});
