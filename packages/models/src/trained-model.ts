// A trained model from the files of its run folder, as bytes and parsed JSON: no file system, so that a web page reads what
// the command line wrote. @difsr/training reads the same folder from disk through these functions.
import { call, faultAt, text } from '@difsr/errors';
import { sizeOf, type HostTensor } from '@difsr/graph';
import { decodeSafetensors, SafetensorsError, type SafetensorsTensor } from '@difsr/nn';
import { instantiate, type ModelDefinition, type ModelInstance } from './definition.js';
import type { ModelSchema } from './model.js';
import { findModel, models } from './registry.js';
import { RunError } from './run-error.js';
import { recommendTask } from './tasks.js';

/** The files of a run folder that a trained model consists of. */
export const MODEL_FILES: {
  readonly config: 'config.json';
  readonly vocabulary: 'vocabulary.json';
  readonly model: 'model.safetensors';
} = { config: 'config.json', vocabulary: 'vocabulary.json', model: 'model.safetensors' };

/**
 * Version of the files of a run, in its vocabulary: 1, which is not written down, had neither a version nor the model's options
 * in its tensors.
 */
export const RUN_FORMAT = 2;

/** Contents of {@link MODEL_FILES}. */
export interface TrainedModelFiles {
  /** `config.json`, parsed. */
  readonly config: unknown;
  /** `vocabulary.json`, parsed. */
  readonly vocabulary: unknown;
  /** The bytes of `model.safetensors`. */
  readonly model: Uint8Array;
}

/** A model with its best parameters, and the names of what it recommends. */
export interface TrainedModel {
  /** Where it was read from, for messages: a folder or a URL. */
  readonly folder: string;
  readonly model: ModelInstance;
  readonly items: {
    /** Item ids as the data has them, by our number; 0 is padding. */
    readonly tokens: readonly string[];
    readonly names?: readonly string[];
    /** Training interactions by our number. */
    readonly counts: Int32Array;
  };
  /** Tokens by value id of every field that has values to tell apart, by name. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** Best parameters, and the `feature.*` tables. */
  readonly tensors: Record<string, HostTensor>;
}

/** A model that this package does not have. */
export interface OwnModel {
  /** The definition that the run was trained with. */
  readonly definition?: ModelDefinition | undefined;
}

/**
 * The model that options name (`name` beside that model's own), or the definition that bears that name.
 *
 * @throws RunError where there is no such model; the model's own errors for bad options.
 */
export function modelOf(
  options: { readonly name: string } & Readonly<Record<string, unknown>>,
  schema: ModelSchema,
  { definition }: OwnModel = {},
): ModelInstance {
  const { name, ...own } = options;
  if (definition !== undefined && definition.name !== name)
    throw new RunError({
      what: `the model is "${name}", the definition given is of "${definition.name}"`,
      cure: `give that of "${name}"`,
    });
  const found = definition ?? findModel(name);
  if (found === undefined)
    throw new RunError({
      what: `there is no model "${name}"`,
      cure: text`choose one of ${models.map((each) => each.name).join(', ')} (${call('models')} describes them), or give the definition of a model of your own`,
    });
  return instantiate(found, own, schema);
}

/**
 * A trained model from the contents of its files.
 *
 * @param folder Where they are from, for messages.
 * @param own The definition, where the model is not of this package.
 * @throws RunError where a file is broken, foreign or of another run than the rest, with the cure.
 * @example
 * ```ts
 * const trained = readTrainedModel({ config, vocabulary, model: bytes }, 'runs/clicks');
 * const recommender = await createRecommender(trained, backend);
 * ```
 */
export function readTrainedModel(files: TrainedModelFiles, folder = 'the run', own: OwnModel = {}): TrainedModel {
  const options = modelOptions(files.config, `${folder}/${MODEL_FILES.config}`);
  const vocabulary = checkedVocabulary(files.vocabulary, `${folder}/${MODEL_FILES.vocabulary}`);
  const file = `${folder}/${MODEL_FILES.model}`;
  const { tensors, metadata } = decodeTensors(files.model, file);
  const model = modelOf(options, vocabulary.schema, own);
  // A model of somebody else may call its table as it likes; whether all its tensors fit is seen before they are used.
  const rows = tensors['items.weight']?.shape[0] ?? vocabulary.items.length + model.objective.extraItems;
  if (
    rows !== vocabulary.items.length + model.objective.extraItems ||
    vocabulary.schema.items + 1 !== vocabulary.items.length
  )
    throw new RunError({
      where: file,
      what: `holds ${rows} items, ${MODEL_FILES.vocabulary} ${vocabulary.items.length}: the files are not of one run`,
      cure: WHOLE_FOLDER,
    });
  requireSameOptions(folder, metadata['options'], model.config);
  return {
    folder,
    model,
    items: {
      tokens: vocabulary.items,
      ...(vocabulary.names === undefined ? {} : { names: vocabulary.names }),
      counts: Int32Array.from(vocabulary.counts ?? []),
    },
    fields: vocabulary.fields ?? {},
    tensors,
  };
}

/** Most options change what the same parameters compute without changing a shape: those that the file was trained with are in it. */
function requireSameOptions(folder: string, trained: string | undefined, now: object): void {
  if (trained === undefined) return; // a file of a version that did not write them, or of somebody else
  const before: unknown = JSON.parse(trained);
  const current = new Map(Object.entries(now));
  const changed = Object.entries(isRecord(before) ? before : {}).flatMap(([key, value]) => {
    const [is, was] = [JSON.stringify(current.get(key)) ?? 'not set', JSON.stringify(value)];
    return is === was ? [] : [`model.${key} is ${is}, was ${was}`];
  });
  if (changed.length > 0)
    throw new RunError({
      where: `${folder}/${MODEL_FILES.config}`,
      what: `is not the configuration that ${MODEL_FILES.model} was trained with: ${changed.join('; ')}`,
      cure: `put the old value${changed.length === 1 ? '' : 's'} back, or train a new run with the new one${changed.length === 1 ? '' : 's'}`,
    });
}

/**
 * Downloads the three files of a run folder that is served over HTTP, and reads them.
 *
 * @param url The folder's address, absolute or relative to the page.
 * @throws RunError where a file cannot be had, and as {@link readTrainedModel}.
 * @example
 * ```ts
 * const recommender = await createRecommender(await fetchTrainedModel('/runs/clicks'), backend);
 * ```
 */
export async function fetchTrainedModel(url: string, own: OwnModel = {}): Promise<TrainedModel> {
  const folder = url.replace(/\/+$/, '');
  const [config, vocabulary, model] = await Promise.all([
    download(`${folder}/${MODEL_FILES.config}`, (response) => response.json()),
    download(`${folder}/${MODEL_FILES.vocabulary}`, (response) => response.json()),
    download(`${folder}/${MODEL_FILES.model}`, async (response) => new Uint8Array(await response.arrayBuffer())),
  ]);
  return readTrainedModel({ config, vocabulary, model }, folder, own);
}

async function download<T>(url: string, read: (response: Response) => Promise<T>): Promise<T> {
  const cure = `serve ${Object.values(MODEL_FILES).join(', ')} of the run folder unchanged, readable for this page`;
  try {
    const response = await fetch(url);
    if (!response.ok) throw new RunError({ where: url, what: `the server answered ${response.status}`, cure });
    return await read(response);
  } catch (error) {
    if (error instanceof RunError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new RunError({ where: url, what: `cannot be read (${reason})`, cure }, { cause: error });
  }
}

/** Tensors of a safetensors file, and its metadata. @throws RunError where the bytes are no such file of this project. */
export function decodeTensors(
  bytes: Uint8Array,
  file: string,
): { readonly tensors: Record<string, HostTensor>; readonly metadata: Readonly<Record<string, string>> } {
  try {
    const { tensors, metadata } = decodeSafetensors(bytes);
    return {
      tensors: Object.fromEntries(
        Object.entries(tensors).map(([name, tensor]) => [name, hostTensor(file, name, tensor)]),
      ),
      metadata,
    };
  } catch (error) {
    if (error instanceof SafetensorsError)
      throw new RunError(
        error.faults.map((fault) => faultAt(file, fault)),
        { cause: error },
      );
    throw error;
  }
}

function hostTensor(file: string, name: string, { dtype, shape, data }: SafetensorsTensor): HostTensor {
  switch (dtype) {
    case 'F32':
    case 'F64':
      return { dtype: 'float32', shape, data };
    case 'I32':
      return { dtype: 'int32', shape, data };
    default:
      throw new RunError({
        where: file,
        what: `tensor "${name}" has dtype ${dtype}, expected F32, F64 or I32: the file is not one of this project`,
        cure: RESTORE,
      });
  }
}

/** Throws where a tensor that a program needs is missing or has another shape. */
export function checkTensors(
  file: string,
  tensors: Readonly<Record<string, HostTensor>>,
  needed: readonly { readonly name: string; readonly shape: readonly number[] }[],
): void {
  for (const { name, shape } of needed) {
    const found = tensors[name];
    if (found === undefined)
      throw new RunError({
        where: file,
        what: `has no tensor "${name}": it is of another model or configuration`,
        cure: WHOLE_FOLDER,
      });
    if (String(found.shape) !== String(shape) || found.data.length !== sizeOf(shape))
      throw new RunError({
        where: file,
        what: `tensor "${name}" has shape [${found.shape.join(', ')}], the model needs [${shape.join(', ')}]: it is of another model, configuration or data set`,
        cure: WHOLE_FOLDER,
      });
  }
}

/** The parameters and tables that a trained model's scores depend on, checked. */
export function inferenceTensors({ folder, model, tensors }: TrainedModel): Record<string, HostTensor> {
  const { parameters, constants } = recommendTask(model, 1);
  const needed = [...parameters, ...constants];
  checkTensors(`${folder}/${MODEL_FILES.model}`, tensors, needed);
  for (const { name } of parameters) checkFinite(`${folder}/${MODEL_FILES.model}`, name, tensors[name]);
  return Object.fromEntries(needed.flatMap(({ name }) => (tensors[name] === undefined ? [] : [[name, tensors[name]]])));
}

/** One parameter that is no number makes scores that are none, and a list of recommendations that is empty without a word. */
function checkFinite(file: string, name: string, tensor: HostTensor | undefined): void {
  const at = tensor?.data.findIndex((value) => !Number.isFinite(value)) ?? -1;
  if (at !== -1)
    throw new RunError({
      where: file,
      what: `tensor "${name}" holds ${tensor?.data[at]} at position ${at}`,
      cure: RESTORE,
    });
}

const RESTORE = 'restore the file, or train again';
const WHOLE_FOLDER = 'copy the whole folder of the run';

function modelOptions(config: unknown, file: string): { readonly name: string } & Readonly<Record<string, unknown>> {
  const model = isRecord(config) ? config['model'] : undefined;
  if (!isRecord(model) || typeof model['name'] !== 'string')
    throw new RunError({ where: file, what: 'has no model.name: not the configuration of a run', cure: RESTORE });
  return { ...model, name: model['name'] };
}

interface Vocabulary {
  readonly items: readonly string[];
  readonly names?: readonly string[];
  readonly counts?: readonly number[];
  readonly schema: ModelSchema;
  readonly fields?: Readonly<Record<string, readonly string[]>>;
}

function checkedVocabulary(value: unknown, file: string): Vocabulary {
  const isVocabulary =
    isRecord(value) &&
    Array.isArray(value['items']) &&
    isRecord(value['schema']) &&
    typeof value['schema']['items'] === 'number' &&
    Array.isArray(value['schema']['fields']);
  if (!isVocabulary)
    throw new RunError({ where: file, what: 'missing or not a vocabulary of this project', cure: RESTORE });
  const version: unknown = value['formatVersion'] ?? 1;
  if (typeof version !== 'number' || version > RUN_FORMAT)
    throw new RunError({
      where: file,
      what: `is of format version ${String(version)}; this program reads up to ${RUN_FORMAT}`,
      cure: 'update difsr, or train again with this version',
    });
  // Written by the trainer alone; what a reader depends on is checked above, and by the shapes of all tensors.
  return value as Vocabulary & typeof value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
