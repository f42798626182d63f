// The examples of a README: found, run as they stand there, and compared with what the README says that they print.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * @typedef {object} Example
 * @property {string} heading The heading above, without its marks.
 * @property {string} code
 * @property {string[] | undefined} printed Lines that the README promises: the `text` block that follows, under a sentence at most, or the comments
 *   after `console.log(...);`. Undefined when it promises nothing.
 * @property {string[]} imports Packages that the code imports, without subpaths.
 * @property {string[]} backends What the code writes as `backend: '...'`.
 */

/** A package's name within what is imported: "@difsr/graph/conformance" -> "@difsr/graph". @param {string} specifier */
const packageOf = (specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

/**
 * The `js` blocks of a README. A block under an HTML comment `<!-- not run: why -->` is left out: it needs what a test
 * lacks, such as the reader's own model.
 *
 * @param {string} readme
 * @returns {Example[]}
 */
export function readmeExamples(readme) {
  const examples = [];
  for (const match of readme.matchAll(
    /(<!-- not run: [^>]+-->\s*)?^```js\n(.*?)^```$([^`#]{0,200}^```text\n(.*?)^```$)?/gms,
  )) {
    const [, skipped, code = '', , text] = match;
    if (skipped !== undefined) continue;
    const headings = [...readme.slice(0, match.index).matchAll(/^#+ (.*)$/gm)];
    const comments = [...code.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map(([, comment]) => comment ?? '');
    const printed = text === undefined ? comments : text.trimEnd().split('\n');
    examples.push({
      heading: headings.at(-1)?.[1] ?? '',
      code,
      printed: printed.length > 0 ? printed : undefined,
      imports: [...code.matchAll(/(?:from|import|import\() ?'([^'.][^']*)'/g)].map(([, name]) => packageOf(name ?? '')),
      backends: [...code.matchAll(/backend: '([^']+)'/g)].map(([, name]) => name ?? ''),
    });
  }
  return examples;
}

/**
 * Runs an example in a process and an empty working folder of its own.
 *
 * @param {Pick<Example, 'code'>} example
 * @param {string} folder Where its imports are resolved: a package's folder, or one with `node_modules`. The code is put
 *   into `.turbo` there for the time it runs: git and `npm pack` ignore that, and a package's own name resolves in it.
 * @param {{ env?: Record<string, string> }} [options]
 * @returns {Promise<{ printed: string[], code: number | null, stderr: string, firstOutput: number }>} firstOutput: the
 *   time (performance.now) at which the first line came, NaN when none did
 */
export async function runExample({ code }, folder, { env = {} } = {}) {
  mkdirSync(join(folder, '.turbo'), { recursive: true });
  const home = mkdtempSync(join(folder, '.turbo', 'readme-'));
  const cwd = mkdtempSync(join(tmpdir(), 'difsr-readme-'));
  const file = join(home, 'example.mjs');
  writeFileSync(file, code);
  try {
    return await new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [file], {
        cwd,
        env: { ...process.env, NO_COLOR: '1', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stdout = '';
      let stderr = '';
      let firstOutput = Number.NaN;
      child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
        if (stdout === '') firstOutput = performance.now();
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => (stderr += text));
      child.on('error', reject);
      child.on('close', (status) =>
        resolve({ printed: stdout.trimEnd().split('\n'), code: status, stderr, firstOutput }),
      );
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
    rmSync(cwd, { recursive: true, force: true });
  }
}
