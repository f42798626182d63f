// DIF attention in place of the attention of somebody's ONNX model.
import { checkOptions, needed, option, type OptionRule, type OptionRules } from '@difsr/errors';
import type { HostTensor, Shape } from '@difsr/graph';
import { spliceGraph, type OnnxValueSummary, type Splice, type SpliceSource, type TypeOf } from '@difsr/onnx';
import { AttentionError } from '../error.js';
import { parseConfig, type CompleteDifAttentionConfig, type DifAttentionConfig } from '../kernel/config.js';
import type { DifOnnxWeights } from './to-onnx.js';
import { parameterValues } from '../kernel/arrays.js';
import { lengthOf } from '../trace.js';
import { modelGraph, type ModelForms } from './graph.js';

/** A table of vectors that becomes part of the model: row i is for id i. */
export interface SourceTable {
  /** float32 `[rows, width]`; a bare array has as many rows as it has room for. */
  readonly table: HostTensor | Float32Array;
}

/** Where the vectors of a side come from. */
export type SideSource =
  /** A tensor of the model, `[batch, length, width]`. */
  | string
  /** A new input of the model of this name, `[batch, length, width]`. */
  | { readonly input: string }
  /** Rows of a table, by integer ids `[batch, length]`: a tensor of the model (its item ids), or a new input. */
  | (SourceTable & { readonly ids: SpliceSource });

/** Where the vectors of positions come from: a tensor `[1, length, width]`, a new input, or a table by position. */
export type PositionSource = string | { readonly input: string } | SourceTable;

/** What {@link spliceDifAttention} puts where. */
export interface SpliceDifAttentionOptions {
  readonly config: DifAttentionConfig;
  /** Default: initial values drawn by the configuration's `seed`. */
  readonly weights?: DifOnnxWeights;
  /** The attention's output: after its output projection, before the residual sum. `[batch, length, width]`. */
  readonly replace: string;
  /** What the attention reads, `[batch, length, width]`: the common input of its query, key and value projections. */
  readonly item: string;
  /** bool or integer `[batch, length]`, 0 at padding. Without it and `additive` nothing is padding. */
  readonly valid?: SpliceSource;
  /** Instead of `valid`: a mask that is added to the scores, 0 or very negative, of rank 4 or what broadcasts to it. */
  readonly additive?: SpliceSource;
  /** By name of the side; a side that is not named here becomes the input `side.NAME`. */
  readonly sides?: Readonly<Record<string, SideSource>>;
  /** Default, where the configuration has positions: the input `position`. */
  readonly position?: PositionSource;
  /** `length-first`: item and output are `[length, batch, width]`, as in PyTorch's default. */
  readonly layout?: 'batch-first' | 'length-first';
  /** Before all new names; default `dif`. */
  readonly prefix?: string;
}

const newInput = option.object<{ readonly input: string }>({ input: needed(option.text) });
const source = option.either(option.text, newInput);
/** The form that an object has is told by its keys, so that errors are about that form. */
const oneOfForms =
  (table: OptionRule): OptionRule =>
  (value, path) =>
    typeof value === 'object' && value !== null && !('input' in value) ? table(value, path) : source(value, path);

const OPTIONS: OptionRules<SpliceDifAttentionOptions> = {
  config: needed(option.given),
  weights: option.record(option.given),
  replace: needed(option.text),
  item: needed(option.text),
  valid: source,
  additive: source,
  sides: option.record(
    oneOfForms(
      option.object<SourceTable & { readonly ids: SpliceSource }>({
        table: needed(option.given),
        ids: needed(source),
      }),
    ),
  ),
  position: oneOfForms(option.object<SourceTable>({ table: needed(option.given) })),
  layout: option.oneOf('batch-first', 'length-first'),
  prefix: option.text,
};

/**
 * Puts DIF attention into an ONNX model in place of the attention that computes the tensor `replace`.
 *
 * The new part reads `item` and the side sources, is written at the model's own operator set (9 to 26), and holds its
 * weights. What only the old attention needed is dropped; everything else, inputs and outputs included, stays as it
 * was. With no sides, no position and the weights of the old attention, the new model computes what the old one did.
 * Call it once per layer; new inputs of the same name are shared.
 *
 * @param model the bytes of an .onnx file; they are not changed.
 * @returns the bytes of the new model.
 * @throws AttentionError where the configuration is not valid, weights do not fit it, or a source is not of it.
 * @throws OnnxModelError where a tensor is not in the model, or has another rank, width or type than is needed.
 * @example
 * ```ts
 * const spliced = spliceDifAttention(readFileSync('sasrec.onnx'), {
 *   config: { width: 64, heads: 2, maxLength: 50, sides: [{ name: 'genre', width: 16 }] },
 *   weights,
 *   replace: '/encoder/attention/output/Add_output_0',
 *   item: '/encoder/norm/Add_output_0',
 *   valid: 'attention_mask',
 *   sides: { genre: { table: genreOfItem, ids: 'item_ids' } },
 * });
 * ```
 */
export function spliceDifAttention(model: Uint8Array, options: SpliceDifAttentionOptions): Uint8Array {
  checkOptions('spliceDifAttention', options, OPTIONS, AttentionError);
  const config = parseConfig(options.config);
  checkSources(config, options);
  return spliceGraph(model, (typeOf) => spliceOf(config, options, typeOf));
}

function spliceOf(config: CompleteDifAttentionConfig, options: SpliceDifAttentionOptions, typeOf: TypeOf): Splice {
  const { replace, item, valid, additive, position, prefix, weights } = options;
  const connect: Record<string, SpliceSource> = { item };
  const tables: Record<string, HostTensor> = {};
  const rowsOf: Record<string, { readonly rows: number }> = {};
  for (const { name, width } of config.sides) {
    const source = options.sides?.[name] ?? { input: `side.${name}` };
    if (typeof source === 'string' || 'input' in source) {
      connect[`side.${name}`] = source;
      continue;
    }
    connect[`ids.${name}`] = source.ids;
    const table = tableOf(`sides.${name}`, source, width);
    tables[`table.${name}`] = table;
    rowsOf[name] = { rows: table.shape[0] ?? 0 };
  }
  let positionForm: NonNullable<ModelForms['position']> = 'shared';
  if (config.position !== undefined) {
    if (typeof position === 'object' && 'table' in position) {
      const table = tableOf('position', position, config.position);
      tables['table.position'] = table;
      positionForm = { rows: table.shape[0] ?? 0 };
    } else {
      connect['position'] = position ?? { input: 'position' };
      if (typeof position === 'string') positionForm = positionFormOf(typeOf(position), config);
    }
  }
  let mask: ModelForms['mask'] = 'none';
  if (valid !== undefined) {
    mask = 'valid';
    connect['valid'] = valid;
  } else if (additive !== undefined) {
    mask = { additive: maskShape(additive, typeOf, config) };
    connect['mask'] = additive;
  }
  const { graph, parameters } = modelGraph(config, {
    tables: rowsOf,
    position: positionForm,
    mask,
    lengthFirst: options.layout === 'length-first',
  });
  return {
    graph,
    replace,
    connect,
    initializers: { ...parameterValues(parameters, config.seed, weights), ...tables },
    ...(prefix === undefined ? {} : { prefix }),
  };
}

/** Sources that the configuration does not know, and two masks, are mistakes. */
function checkSources(config: CompleteDifAttentionConfig, options: SpliceDifAttentionOptions): void {
  const names = config.sides.map(({ name }) => name);
  for (const name of Object.keys(options.sides ?? {})) {
    if (!names.includes(name))
      throw new AttentionError(
        `sides.${name}: the configuration has no such side (it has ${names.join(', ') || 'none'}): add it to config.sides, or leave it out`,
      );
  }
  if (options.position !== undefined && config.position === undefined)
    throw new AttentionError('position: the configuration has no position source: set config.position to its width');
  if (options.valid !== undefined && options.additive !== undefined)
    throw new AttentionError('valid and additive: both say what is padding: give one of them');
}

/** The table with its shape. */
function tableOf(what: string, { table }: SourceTable, width: number): HostTensor {
  const shaped: HostTensor =
    table instanceof Float32Array ? { dtype: 'float32', shape: [table.length / width, width], data: table } : table;
  const [rows = NaN, own] = shaped.shape;
  if (shaped.dtype !== 'float32' || shaped.shape.length !== 2 || !Number.isInteger(rows) || own !== width)
    throw new AttentionError(
      `${what}: the table is ${shaped.dtype} [${shaped.shape.join(', ')}], float32 [rows, ${width}] is needed`,
    );
  return shaped;
}

/** How a tensor of the model holds positions: once for all sequences, or for each. */
function positionFormOf(
  { shape }: OnnxValueSummary,
  { fusion }: CompleteDifAttentionConfig,
): NonNullable<ModelForms['position']> {
  if (shape?.length === 2) return 'matrix';
  if (shape === undefined || shape[0] === undefined)
    // "batched" also computes what is right for one sequence, except that gate concatenates the sources' energies.
    return fusion === 'gate' ? 'shared' : 'batched';
  return shape[0] === 1 ? 'shared' : 'batched';
}

/** The shape of somebody's mask in our dimensions: 1 where it is 1, ours elsewhere. */
function maskShape(source: SpliceSource, typeOf: TypeOf, config: CompleteDifAttentionConfig): Shape {
  const length = lengthOf(config);
  const full: Shape = ['batch', 1, length, length];
  const { shape } = typeof source === 'string' ? typeOf(source) : { shape: undefined };
  if (shape === undefined) return full;
  if (shape.length < 2 || shape.length > 4)
    throw new AttentionError(
      `additive: the mask has rank ${shape.length}; [batch, 1, length, length] is needed, or what broadcasts to it. A mask [batch, length] goes to "valid"`,
    );
  const ours = shape.length === 3 ? ['batch', length, length] : full.slice(4 - shape.length);
  return ours.map((dim, axis) => (shape[axis] === 1 ? 1 : dim));
}
