// What importing the package loads: nothing that is heavy, and nothing of the command.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const INDEX = new URL('../dist/index.js', import.meta.url).href;
/** A loader says every module that is resolved, of whichever package; what those require is in the cache of CommonJS. */
const HOOK = `
  import { writeSync } from 'node:fs';
  export async function resolve(specifier, context, next) {
    const found = await next(specifier, context);
    writeSync(2, found.url + '\\n');
    return found;
  }
`;
const SCRIPT = `
  import { createRequire, register } from 'node:module';
  register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(HOOK)}`)});
  const { models, runCommand } = await import(${JSON.stringify(INDEX)});
  if (models().length === 0 || typeof runCommand !== 'function') throw new Error('nothing came');
  for (const file of Object.keys(createRequire(import.meta.url).cache)) console.error(file);
`;

it('importing difsr loads no backend, no query engine, and nothing of the command', async () => {
  const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', SCRIPT]);
  const loaded = stderr.replaceAll('\\', '/');
  expect(loaded).toContain('/packages/library/dist/train.js'); // the loader tells
  expect(loaded).toContain('/node_modules/zod/');
  for (const heavy of ['@duckdb', 'onnxruntime-node', '@tensorflow', 'commander', 'echarts', 'log-update', 'undici'])
    expect(loaded, heavy).not.toContain(`/node_modules/${heavy}`);
  for (const ours of ['/packages/prepare/dist/', '/packages/tfjs/dist/', '/apps/trainer/dist/program.js'])
    expect(loaded, ours).not.toContain(ours);
});
