// Runs of models that this project does not have: the folder remembers which file the definition came from and its hash, and
// asks for it again. Code that a folder names is never run because of that.
import { setting, text as said } from '@difsr/errors';
import type { ModelDefinition } from '@difsr/models';
import { RunError } from '../run-error.js';
import { readJson, RUN_FILES, writeJson } from './run-folder.js';

/** A model of somebody else: its definition and, where it was read from a file, which. */
export interface OwnModel {
  readonly definition?: ModelDefinition | undefined;
  readonly file?: ModelFile | undefined;
}

/** The file of a definition. */
export interface ModelFile {
  readonly path: string;
  /** SHA-256 of its bytes, in hexadecimal digits. */
  readonly sha256: string;
}

/** Writes down what a run's model came from; nothing for one of this project. */
export async function recordOwnModel(folder: string, { definition, file }: OwnModel): Promise<void> {
  if (definition !== undefined) await writeJson(folder, RUN_FILES.ownModel, { name: definition.name, ...file });
}

/**
 * Checks that a run is opened with the definition that it was trained with.
 *
 * @throws RunError where one is missing, given for a model of this project, or from a file with another content.
 */
export async function requireOwnModel(folder: string, { definition, file }: OwnModel): Promise<void> {
  const record = await readJson(folder, RUN_FILES.ownModel);
  const text = (key: string): string | undefined => {
    const value: unknown = typeof record === 'object' && record !== null ? Reflect.get(record, key) : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  if (record === undefined) {
    if (definition === undefined) return;
    throw new RunError({
      where: folder,
      what: 'is a run of a model that difsr has itself, and needs no file',
      cure: said`leave ${setting('model')} out`,
    });
  }
  const [path, sha256] = [text('path'), text('sha256')];
  if (definition === undefined)
    throw new RunError({
      where: folder,
      what: `was trained with a model of your own, "${text('name') ?? ''}"${path === undefined ? '' : ` of ${path}`}, and code that a folder names is not run by itself`,
      cure: said`name its file, ${setting('model', path ?? './my-model.mjs')}`,
    });
  if (sha256 !== undefined && file !== undefined && file.sha256 !== sha256)
    throw new RunError({
      where: file.path,
      what: `is not the file that ${folder} was trained with (SHA-256 ${file.sha256.slice(0, 12)}.., then ${sha256.slice(0, 12)}..)`,
      cure: 'use the file as it was, or train again with this one',
    });
}
