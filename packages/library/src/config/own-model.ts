// `--model ./my-model.mjs`: a model of the user's own. Its code runs because the user named it, never because a folder does.
import { setting } from '@difsr/errors';
import { sha256 } from '@difsr/files';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ModelDefinition } from '@difsr/models';
import type { OwnModel, TrainOptions } from '@difsr/training';
import { UsageError } from '../errors.js';

const DOCS = 'see docs/adding-a-model.md';

/** Whether `--model` names a file: it has a slash, or a JavaScript ending. */
export function isModelFile(name: string): boolean {
  return /[\\/]|\.[cm]?[jt]s$/.test(name);
}

/**
 * The definition that a file exports by default, and the file's hash.
 *
 * @throws UsageError where the file cannot be read or run, or exports no definition.
 */
export async function loadOwnModel(
  file: string,
): Promise<Required<OwnModel> & { readonly definition: ModelDefinition }> {
  const full = path.resolve(file);
  const bytes = await readFile(full).catch((error: unknown) => {
    throw new UsageError({
      where: setting('model', file),
      what: `cannot be read (${reasonOf(error)})`,
      cure: 'check the path',
    });
  });
  let loaded: unknown;
  try {
    loaded = await import(pathToFileURL(full).href);
  } catch (error) {
    throw new UsageError({
      where: setting('model', file),
      what: `cannot be run: ${reasonOf(error)}`,
      cure: 'correct the file; packages that it imports are looked for beside it and in the folders above',
    });
  }
  const definition: unknown =
    typeof loaded === 'object' && loaded !== null ? Reflect.get(loaded, 'default') : undefined;
  const missing = missingPart(definition);
  if (missing !== undefined) throw new UsageError({ where: setting('model', file), what: missing, cure: DOCS });
  // Its parts were looked at above; whether `build` keeps its promises is seen when it is traced.
  return {
    definition: definition as ModelDefinition,
    file: { path: file, sha256: sha256(bytes) },
  };
}

/** What training is told of a model of the user's own. */
export function trainOwn({ definition, file }: OwnModel): Pick<TrainOptions, 'model' | 'modelFile'> {
  return {
    ...(definition === undefined ? {} : { model: definition }),
    ...(file === undefined ? {} : { modelFile: file }),
  };
}

function missingPart(definition: unknown): string | undefined {
  if (typeof definition !== 'object' || definition === null) return 'has no default export that is a model definition';
  const part = (key: string): unknown => Reflect.get(definition, key);
  if (typeof part('name') !== 'string' || !/^[a-z0-9][\w.-]*$/i.test(String(part('name'))))
    return 'the definition has no name of letters, digits, dots and dashes';
  if (typeof part('description') !== 'string') return 'the definition has no description';
  if (typeof part('build') !== 'function') return 'the definition has no function "build"';
  const config = part('config');
  if (typeof config !== 'object' || config === null || typeof Reflect.get(config, 'safeParse') !== 'function')
    return 'the definition has no zod schema "config"';
  return undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
