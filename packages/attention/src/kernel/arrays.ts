// Typed arrays of the caller, checked against the configuration and given their shapes.
import { checkOptions, needed, option, type OptionRules } from '@difsr/errors';
import { type HostTensor } from '@difsr/graph';
import { initialValues, type ParameterSpec } from '@difsr/nn';
import { AttentionError } from '../error.js';
import type { CompleteDifAttentionConfig } from './config.js';

/** Inputs of an attention, row-major. Arrays are read until the call settles and stay the caller's. */
export interface AttentionInputs {
  readonly batch: number;
  readonly length: number;
  /** `[batch, length, width]` */
  readonly item: Float32Array;
  /** `[batch, length, width_j]` by name of the side source */
  readonly sides?: Readonly<Record<string, Float32Array>>;
  /** `[length, width]` of the position source */
  readonly position?: Float32Array;
  /** `[batch, length]`, 0 at padding, any other byte at items; left out where nothing is padding or only trailing padding meets causal attention */
  readonly valid?: Uint8Array;
}

/** Inputs of a tabulated attention: ids instead of the side sources' vectors. */
export interface TabulatedInputs {
  readonly batch: number;
  readonly length: number;
  /** `[batch, length, width]` */
  readonly item: Float32Array;
  /** `[batch, length]`, rows of the tables */
  readonly items: Int32Array;
  /** `[batch, length]`, 0 at padding, any other byte at items; left out where nothing is padding or only trailing padding meets causal attention */
  readonly valid?: Uint8Array;
}

/** Tables of an attention that is fed ids. */
export interface AttentionTables {
  /** `[rows, width_j]` by name of the side source; row i belongs to item i. */
  readonly sides?: Readonly<Record<string, Float32Array>>;
  /** `[>= maxLength, width]` of the position source */
  readonly position?: Float32Array;
}

/** Rows of tables. */
export interface TableRows {
  readonly sides: Readonly<Record<string, number>>;
  readonly position: number;
}

/** What the values must be is said where their sizes are known. */
const INPUTS: OptionRules<AttentionInputs> = {
  batch: needed(option.given),
  length: needed(option.given),
  item: needed(option.given),
  sides: option.record(option.given),
  position: option.given,
  valid: option.given,
};
const TABULATED: OptionRules<TabulatedInputs> = {
  batch: needed(option.given),
  length: needed(option.given),
  item: needed(option.given),
  items: needed(option.given),
  valid: option.given,
};
const TABLES: OptionRules<AttentionTables> = { sides: option.record(option.given), position: option.given };

/** @throws AttentionError for a key that no attention has, which would run without what it holds. */
export function checkInputs(inputs: AttentionInputs): void {
  checkOptions('the attention', inputs, INPUTS, AttentionError);
}

/** The same of a tabulated attention. */
export function checkTabulatedInputs(inputs: TabulatedInputs): void {
  checkOptions('the tabulated attention', inputs, TABULATED, AttentionError);
}

/** Feeds of a run by input name: vectors, or with `rows` the ids of tables. */
export function collectFeeds(
  config: CompleteDifAttentionConfig,
  inputs: AttentionInputs & { readonly items?: Int32Array },
  extra: { readonly cotangent?: Float32Array | undefined; readonly rows?: TableRows } = {},
): Record<string, HostTensor> {
  const { batch, length, item, valid } = inputs;
  for (const [name, value] of Object.entries({ batch, length }))
    if (!Number.isInteger(value) || value < 1)
      throw new AttentionError(`${name}: must be a whole number from 1, got ${value}`);
  if (length > config.maxLength)
    throw new AttentionError(
      `length: ${length} is more than maxLength ${config.maxLength}: cut the sequences, or make the attention for longer ones`,
    );
  if (config.form === 'reference' && config.fusion !== 'sum' && length !== config.maxLength)
    throw new AttentionError(
      `length: the reference form of ${config.fusion} takes exactly ${config.maxLength}, got ${length}: pad, or use the form "causal-safe"`,
    );
  const feeds: Record<string, HostTensor> = { item: floats('item', item, [batch, length, config.width]) };
  if (valid !== undefined) feeds['valid'] = bytes('valid', valid, [batch, length]);
  if ('cotangent' in extra) {
    const shape = [batch, length, config.width];
    feeds['cotangent'] = floats('cotangent', extra.cotangent ?? new Float32Array(product(shape)).fill(1), shape);
  }
  if (extra.rows !== undefined) {
    feeds['items'] = ids(inputs.items, [batch, length], Math.min(...Object.values(extra.rows.sides)));
    return feeds;
  }
  for (const [name, width, values] of named(config, inputs.sides))
    feeds[`side.${name}`] = floats(`sides.${name}`, values, [batch, length, width]);
  checkPosition(config, inputs.position);
  if (inputs.position !== undefined)
    feeds['position'] = floats('position', inputs.position, [1, length, config.position ?? 0]);
  return feeds;
}

/** Tables by input name, and how many rows each has. */
export function collectTables(
  config: CompleteDifAttentionConfig,
  tables: AttentionTables,
): { readonly rows: TableRows; readonly values: Record<string, HostTensor> } {
  checkOptions('tabulate', tables, TABLES, AttentionError);
  const values: Record<string, HostTensor> = {};
  const rows = (path: string, data: Float32Array, width: number): number => {
    if (data.length === 0 || data.length % width !== 0)
      throw new AttentionError(`${path}: ${data.length} numbers are no rows of ${width}`);
    return data.length / width;
  };
  const sides: Record<string, number> = {};
  for (const [name, width, data] of named(config, tables.sides)) {
    const count = rows(`sides.${name}`, data, width);
    sides[name] = count;
    values[`table.${name}`] = floats(`sides.${name}`, data, [count, width]);
  }
  checkPosition(config, tables.position);
  let position = 0;
  if (tables.position !== undefined) {
    const width = config.position ?? 1;
    position = rows('position', tables.position, width);
    if (position < config.maxLength)
      throw new AttentionError(`position: ${position} rows for sequences of up to ${config.maxLength}`);
    values['table.position'] = floats('position', tables.position, [position, width]);
  }
  return { rows: { sides, position }, values };
}

/** Weights by name, as tensors or bare numbers. */
export type GivenWeights = Readonly<Record<string, HostTensor | Float32Array>>;

/** Values of all parameters: those given, where none are given initial ones. @throws AttentionError that lists what is missing or does not fit. */
export function parameterValues(
  parameters: readonly ParameterSpec[],
  seed: number,
  given: GivenWeights | undefined,
): Record<string, HostTensor> {
  if (given === undefined) return initialValues(parameters, seed);
  const missing = parameters.filter(({ name }) => given[name] === undefined);
  return fittingWeights(
    parameters,
    given,
    missing.map(({ name, shape }) => `  ${name}: missing, [${shape.join(', ')}] is needed`),
  );
}

/** Some of the weights as tensors of their own. @throws AttentionError that lists what does not fit. */
export function fittingWeights(
  parameters: readonly ParameterSpec[],
  given: GivenWeights,
  problems: readonly string[] = [],
): Record<string, HostTensor> {
  const shapes = new Map(parameters.map(({ name, shape }) => [name, shape]));
  const all = [...problems];
  const values: Record<string, HostTensor> = {};
  for (const [name, value] of Object.entries(given)) {
    const shape = shapes.get(name);
    const say = (got: string): void =>
      void all.push(`  ${name}: ${got}, float32 [${shape?.join(', ') ?? ''}] is needed`);
    if (shape === undefined) all.push(`  ${name}: there is no such weight; there are ${[...shapes.keys()].join(', ')}`);
    else if (value instanceof Float32Array) {
      if (value.length === product(shape)) values[name] = { dtype: 'float32', shape, data: value.slice() };
      else say(`${value.length} numbers`);
    } else if (!isHostTensor(value)) say('no Float32Array and no tensor');
    else if (value.dtype !== 'float32' || String(value.shape) !== String(shape))
      say(`${value.dtype} [${value.shape.join(', ')}]`);
    else values[name] = { dtype: 'float32', shape, data: value.data.slice() };
  }
  if (all.length > 0)
    throw new AttentionError(
      `the weights do not fit the configuration (matrices are [out, in]; a projection without bias has zeros):\n${all.join('\n')}`,
    );
  return values;
}

function isHostTensor(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'dtype' in value && 'shape' in value && 'data' in value;
}

/** Side sources in the order of the configuration. */
function named(
  config: CompleteDifAttentionConfig,
  given: Readonly<Record<string, Float32Array>> = {},
): [name: string, width: number, values: Float32Array][] {
  const known = config.sides.map(({ name }) => name);
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new AttentionError(`sides.${unknown}: there is no such side source; there are ${known.join(', ') || 'none'}`);
  return config.sides.map(({ name, width }) => {
    const values = given[name];
    if (values === undefined) throw new AttentionError(`sides.${name} is missing`);
    return [name, width, values];
  });
}

function checkPosition(config: CompleteDifAttentionConfig, position: Float32Array | undefined): void {
  if (config.position !== undefined && position === undefined)
    throw new AttentionError('position is missing: the configuration has positions as a source');
  if (config.position === undefined && position !== undefined)
    throw new AttentionError(
      'position: the configuration has no positions as a source; set its "position" to their width',
    );
}

function floats(path: string, data: unknown, shape: readonly number[]): HostTensor {
  if (!(data instanceof Float32Array))
    throw new AttentionError(
      `${path}: must be a Float32Array, got ${data === null ? 'null' : Object.prototype.toString.call(data).slice(8, -1)}`,
    );
  return { dtype: 'float32', shape, data: counted(path, data, shape) };
}

function bytes(path: string, data: unknown, shape: readonly number[]): HostTensor {
  if (!(data instanceof Uint8Array)) throw new AttentionError(`${path}: must be a Uint8Array, 0 at padding`);
  return { dtype: 'bool', shape, data: counted(path, data, shape) };
}

function ids(data: unknown, shape: readonly number[], rows: number): HostTensor {
  if (!(data instanceof Int32Array)) throw new AttentionError('items: must be an Int32Array');
  const wrong = data.findIndex((id) => id < 0 || id >= rows);
  if (wrong >= 0) throw new AttentionError(`items[${wrong}]: ${data[wrong]} is no row of the tables (0..${rows - 1})`);
  return { dtype: 'int32', shape, data: counted('items', data, shape) };
}

function counted<T extends { readonly length: number }>(path: string, data: T, shape: readonly number[]): T {
  if (data.length !== product(shape))
    throw new AttentionError(`${path}: ${data.length} numbers, [${shape.join(', ')}] takes ${product(shape)}`);
  return data;
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
