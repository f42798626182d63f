// The result of before, from its file.
import { readFile } from 'node:fs/promises';
import { codeOf } from '@difsr/errors';
import { UsageError } from '../errors.js';
import { measuredCommands, type BenchmarkResult } from '../measure/result.js';

/**
 * Reads a result.json.
 *
 * @throws UsageError where there is none, with the cure
 */
export async function readResult(file: string): Promise<BenchmarkResult> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const what = codeOf(error) === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read: ${String(error)}`;
    throw new UsageError(what, CURE);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError(`${file} is no JSON`, CURE);
  }
  if (isResult(value)) return value;
  const kind =
    typeof value === 'object' && value !== null && 'kind' in value ? ` (it says ${JSON.stringify(value.kind)})` : '';
  throw new UsageError(`${file} is no result of ${measuredCommands.join(', ')} that this version reads${kind}`, CURE);
}

const CURE = 'name a result.json that difsr-bench wrote: --compare before/result.json';

/** The file is written by this command alone: what names its kind and version is checked, and what comparing relies on. */
function isResult(value: unknown): value is BenchmarkResult {
  if (typeof value !== 'object' || value === null) return false;
  const has = (name: string): unknown => Reflect.get(value, name);
  return (
    measuredCommands.some((name) => has('kind') === `difsr-bench ${name}`) &&
    has('version') === 1 &&
    ['data', 'model', 'work', 'machine'].every((name) => typeof has(name) === 'object' && has(name) !== null) &&
    ['measures', 'engines'].every((name) => Array.isArray(has(name)))
  );
}
