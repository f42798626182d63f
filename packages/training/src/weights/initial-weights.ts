// Initial weights from another run: parameters of the same name, and of tables by item, by value or by position the rows that
// both runs have. So a run on newer data, or with another objective, starts from what the old one knew; what is not taken is named.
import { call, setting, type SettingValue, text, type Text, together } from '@difsr/errors';
import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { sha256 } from '@difsr/files';
import type { HostTensor } from '@difsr/graph';
import {
  decodeTensors,
  featureName,
  isAttributeName,
  ownerOf,
  type FieldSchema,
  type ModelSchema,
} from '@difsr/models';
import type { RunConfig } from '../config.js';
import { takeRows, titleOf, Vocabularies, type Tokens } from './mapped-rows.js';
import type { InitialWeights, TakenRows, UnfitParameter } from './taken.js';
import {
  fieldsUsed,
  parameterAxes,
  parametersOfFields,
  type AxesOptions,
  type ParameterAxes,
} from './parameter-axes.js';
import { RunError } from '../run-error.js';
import { readJson, readRunConfig, readVocabulary, RUN_FILES } from '../run/run-folder.js';
import { readBytes } from '../run/tensors.js';

/** What weights are taken for. */
export interface InitialWeightsOptions extends AxesOptions {
  /** Tokens of the data. */
  readonly tokens: Tokens;
  /** Of all parameters, as they are without another run. */
  readonly values: Readonly<Record<string, HostTensor>>;
  /** Fields whose numbers are scaled as in the other run. */
  readonly scales: readonly string[];
}

/** Names, and options, that an error lists. */
const MOST_NAMES = 5;

/**
 * Takes from another run what a model can begin with.
 *
 * @param folder The other run's folder. Its model may be another one, also of somebody else: no code is needed.
 * @throws RunError where it is no run with a trained model, its weights are broken, or nothing in it fits.
 */
export async function takeInitialWeights(
  folder: string,
  { values, tokens, scales, ...options }: InitialWeightsOptions,
): Promise<{ readonly tensors: Record<string, HostTensor>; readonly initial: InitialWeights }> {
  const other = await readOther(folder);
  const vocabularies = new Vocabularies(tokens, other);
  const { axes, unknown } = parameterAxes(options);
  const blind = unknown.find(({ meaning }) => !vocabularies.equal(meaning));
  if (blind !== undefined)
    throw new RunError(
      {
        where: folder,
        what: `its ${titleOf(blind.meaning)} are not those of this data set, and which rows of the model's parameters are theirs cannot be found out: "${options.model.name}" cannot be built with one more (${blind.cause instanceof Error ? blind.cause.message : String(blind.cause)})`,
        cure: 'let its build take the numbers of items and values from context.schema, or begin from a run on the same data',
      },
      { cause: blind.cause },
    );
  const tensors: Record<string, HostTensor> = {};
  const whole: string[] = [];
  const partly: (TakenRows & { readonly name: string })[] = [];
  const absent: string[] = [];
  const unfit: UnfitParameter[] = [];
  const ofFields = unlessEqual(options, other);
  const ofPositions = unlessCountedAlike(options, other, axes);
  for (const [name, value] of Object.entries(values)) {
    const found = other.tensors[name];
    tensors[name] = value;
    if (found === undefined) {
      absent.push(name);
      continue;
    }
    const taken = ofFields(name) ?? ofPositions(name) ?? takeRows(value, found, axes.get(name) ?? [], vocabularies);
    if (typeof taken === 'string') {
      unfit.push({ name, reason: taken });
      continue;
    }
    tensors[name] = taken.tensor;
    requireFinite(join(folder, RUN_FILES.model), name, taken.tensor);
    if (taken.partly.length === 0) whole.push(name);
    for (const part of taken.partly) partly.push({ name, ...part });
  }
  if (whole.length + partly.length === 0)
    throw new RunError({
      where: folder,
      what: `has nothing that this model can begin with: ${some([...unfit.map(({ name, reason }) => `${name} (${reason})`), ...absent.map((name) => `${name} (not in it)`)])}`,
      cure: text`train with the options of that run${optionsOf(other.model, options.model)}, or name another one`,
    });
  const unused = Object.keys(other.tensors).filter((name) => values[name] === undefined);
  return {
    tensors,
    initial: {
      run: folder,
      model: other.model.name,
      sha256: other.sha256,
      whole,
      partly,
      absent,
      unfit,
      unused,
      scales,
    },
  };
}

/**
 * Checks that a run which goes on is not told to begin from another run than it did.
 *
 * @throws RunError that names both.
 */
export async function requireSameInit(folder: string, init: string | undefined): Promise<void> {
  if (init === undefined) return;
  const begun = (await readInitialWeights(folder))?.run;
  // However it is written: runs/a, ./runs/a, runs/a/.
  if (begun === undefined || resolve(begun) !== resolve(init))
    throw new RunError({
      where: folder,
      what: `began ${begun === undefined ? 'from no other run' : `from ${begun}`}, not from ${init}, and goes on from its own checkpoint`,
      option: 'init',
      cure: text`leave ${setting('init')} out to go on, or start a new run`,
    });
}

/** What a run began from; undefined where it was its seed alone. */
export async function readInitialWeights(folder: string): Promise<InitialWeights | undefined> {
  // Written by the trainer alone, whole or not at all.
  return (await readJson(folder, RUN_FILES.init)) as InitialWeights | undefined;
}

/** What a run knows of its data. @throws RunError where the folder is no run. */
export async function schemaOfRun(folder: string): Promise<ModelSchema> {
  await readRunConfig(folder); // says what is wrong with a folder that is no run
  return (await readVocabulary(folder)).schema;
}

/** The other run: tokens, options of its model, parameters. */
interface Other extends Tokens {
  readonly model: RunConfig['model'];
  readonly schema: ModelSchema;
  readonly tensors: Readonly<Record<string, HostTensor>>;
  readonly sha256: string;
}

async function readOther(folder: string): Promise<Other> {
  const { model } = await readRunConfig(folder); // says what is wrong with a folder that is no run
  const file = join(folder, RUN_FILES.model);
  const trained = await access(file).then(
    () => true,
    () => false,
  );
  if (!trained)
    throw new RunError({
      where: folder,
      what: `has no ${RUN_FILES.model}: none of its epochs has ended yet`,
      cure: text`train it further first (${call('resume', [folder])})`,
    });
  const { items, fields, schema } = await readVocabulary(folder);
  const bytes = await readBytes(file);
  const tensors = Object.entries(decodeTensors(bytes, file).tensors);
  return {
    model,
    items,
    fields,
    schema,
    // Without the tables of its data.
    tensors: Object.fromEntries(
      tensors.filter(
        ([name, { dtype }]) => dtype === 'float32' && !name.startsWith(featureName('')) && !isAttributeName(name),
      ),
    ),
    sha256: sha256(bytes),
  };
}

/** Why a parameter cannot be taken because of the fields, which are others there, of another kind or in another order. */
function unlessEqual(options: AxesOptions, other: Other): (name: string) => string | undefined {
  const [here, there] = [fieldsUsed(options), fieldsUsed(other)];
  const kindOf = (field: FieldSchema | undefined): string =>
    field === undefined
      ? 'absent'
      : `${field.kind} of ${ownerOf(field)}${field.kind === 'vector' ? ` (${field.width})` : ''}`;
  const shown = (fields: readonly FieldSchema[]): string =>
    JSON.stringify(fields.map((field) => [field.name, kindOf(field)]));
  if (shown(here) === shown(there)) return () => undefined;
  const ofFields = parametersOfFields(options);
  return (name) => {
    if (!ofFields.has(name)) return undefined;
    const field = ofFields.get(name);
    if (field === undefined) return 'of fields by their places, and these are other fields';
    const find = (fields: readonly FieldSchema[]): string => kindOf(fields.find((each) => each.name === field));
    const [own, theirs] = [find(here), find(there)];
    return own === theirs || theirs === 'absent' ? undefined : `${field} is ${theirs} there, ${own} here`;
  };
}

/** Why a parameter of positions is not taken: they are counted from another end there. */
function unlessCountedAlike(
  { model: here }: Pick<AxesOptions, 'model'>,
  { model: there }: { readonly model: RunConfig['model'] },
  axes: ParameterAxes['axes'],
): (name: string) => string | undefined {
  const [own, theirs] = [here, there].map(({ positions }) => positions ?? 'from-start'); // older runs do not say it
  if (own === theirs) return () => undefined;
  const isOfPositions = (name: string): boolean =>
    axes.get(name)?.some((axis) => axis?.meaning.of === 'positions') === true;
  return (name) =>
    isOfPositions(name) ? `positions are counted ${String(theirs)} there, ${String(own)} here` : undefined;
}

function requireFinite(file: string, name: string, { data }: HostTensor): void {
  const value = data.find((each: number) => !Number.isFinite(each));
  if (value !== undefined)
    throw new RunError({
      where: file,
      what: `tensor "${name}" holds ${value}`,
      cure: 'restore the file, or train that run again with a lower learning rate',
    });
}

/** The options that the other run's model had otherwise. */
function optionsOf(there: RunConfig['model'], here: RunConfig['model']): Text {
  const own = new Map(Object.entries(here));
  const other = Object.entries(there).filter(
    ([key, value]) => own.has(key) && JSON.stringify(value) !== JSON.stringify(own.get(key)),
  );
  if (other.length === 0) return '';
  // Options of a configuration are plain data.
  const settings = other.slice(0, MOST_NAMES).map(([key, value]) => setting(`model.${key}`, value as SettingValue));
  return text` (${together(...settings)}${other.length > MOST_NAMES ? ' ..' : ''})`;
}

function some(names: readonly string[]): string {
  return `${names.slice(0, MOST_NAMES).join('; ')}${names.length > MOST_NAMES ? `; and ${names.length - MOST_NAMES} more` : ''}`;
}
