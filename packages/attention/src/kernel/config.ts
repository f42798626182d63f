// What a DIF attention is, as a plain JSON object: its shape, its fusion, and what runs it. Checked by a schema that is
// also published as `@difsr/attention/config.schema.json`.
import { AttentionError } from '../error.js';
import type { Fusion, FusionForm } from '../graph-options.js';
import { conform, type ObjectSchema, type Schema, type SchemaProblem } from './schema.js';

const size = (description: string): Schema => ({ type: 'integer', exclusiveMinimum: 0, description });

const properties: { readonly [K in keyof DifAttentionConfig]-?: Schema } = {
  $schema: { type: 'string', description: 'Where this schema is, for editors.' },
  width: size('Width of the item stream and of the output; a multiple of heads.'),
  heads: size('Number of attention heads.'),
  maxLength: size('Longest sequence.'),
  sides: {
    type: 'array',
    description: 'Side sources, in the order of their weights.',
    default: [],
    items: {
      type: 'object',
      properties: {
        name: {
          type: 'string',
          pattern: '^[A-Za-z_][A-Za-z0-9_-]*$',
          description: 'Name of the side source: letters, digits, "_" and "-".',
        },
        width: size('Width of its vectors.'),
      },
      required: ['name', 'width'],
      additionalProperties: false,
    },
  },
  position: size('Width of positions as a source of their own; left out: none.'),
  fusion: {
    type: 'string',
    enum: ['sum', 'concat', 'gate'],
    default: 'sum',
    description: 'How score matrices are fused.',
  },
  form: {
    type: 'string',
    enum: ['causal-safe', 'reference'],
    default: 'causal-safe',
    description:
      'Of concat and gate: "causal-safe" zeroes hidden scores first, "reference" is the published code (sequences of exactly maxLength).',
  },
  causal: {
    type: 'boolean',
    default: true,
    description: 'Whether an item sees only itself and earlier ones (SASRec: true, BERT4Rec: false).',
  },
  backend: {
    type: 'string',
    enum: ['onnxruntime', 'tfjs', 'reference'],
    default: 'onnxruntime',
    description: 'What executes it. Needs the package of that name, "reference" none.',
  },
  device: {
    type: 'string',
    description:
      'What the backend runs on. onnxruntime: cpu, cuda, webgpu; tfjs: node-gpu, node, wasm, webgpu, webgl, cpu. Default: cpu, or the best that tfjs has.',
  },
  threads: size('Threads of onnxruntime; default: all cores.'),
  precision: {
    type: 'string',
    enum: ['float32', 'float16'],
    default: 'float32',
    description: 'Of the arithmetic inside; inputs and outputs are float32. float16 is for onnxruntime.',
  },
  kernel: {
    type: 'string',
    enum: ['auto', 'fused', 'unfused'],
    default: 'auto',
    description: '"unfused" runs the definition, "fused" its rewrite; "auto" takes what measuring showed to be faster.',
  },
  seed: {
    type: 'integer',
    minimum: 0,
    default: 1,
    description: 'Of the initial weights, where none are given.',
  },
};

/** The schema of a configuration, as JSON Schema; `scripts/config-schema.mjs` publishes it. */
export const difAttentionConfigSchema: ObjectSchema = {
  type: 'object',
  properties,
  required: ['width', 'heads', 'maxLength'],
  additionalProperties: false,
};

/** A DIF attention as its user writes it: plain JSON, with defaults for all but `width`, `heads` and `maxLength`. */
export interface DifAttentionConfig {
  /** Where the schema is, for editors: `node_modules/@difsr/attention/config.schema.json`. */
  readonly $schema?: string | undefined;
  /** Width of the item stream and of the output; a multiple of `heads`. */
  readonly width: number;
  readonly heads: number;
  /** Longest sequence. */
  readonly maxLength: number;
  /** Side sources, in the order of their weights. */
  readonly sides?: readonly { readonly name: string; readonly width: number }[] | undefined;
  /** Width of positions as a source of their own; left out: none. */
  readonly position?: number | undefined;
  /** How score matrices are fused; default `sum`. */
  readonly fusion?: Fusion | undefined;
  /** Of `concat` and `gate`; default `causal-safe`. */
  readonly form?: FusionForm | undefined;
  /** Whether an item sees only itself and earlier ones; default true. */
  readonly causal?: boolean | undefined;
  /** What executes it; default `onnxruntime`. */
  readonly backend?: 'onnxruntime' | 'tfjs' | 'reference' | undefined;
  /** What the backend runs on; default `cpu`, or the best that tfjs has. */
  readonly device?: string | undefined;
  /** Threads of onnxruntime; default all cores. */
  readonly threads?: number | undefined;
  /** Of the arithmetic inside; default `float32`. */
  readonly precision?: 'float32' | 'float16' | undefined;
  /** The definition, its rewrite, or what measuring showed to be faster (`auto`, the default). */
  readonly kernel?: 'auto' | 'fused' | 'unfused' | undefined;
  /** Of the initial weights, where none are given; default 1. */
  readonly seed?: number | undefined;
}

/** A checked configuration with its defaults. */
export interface CompleteDifAttentionConfig extends DifAttentionConfig {
  readonly sides: readonly { readonly name: string; readonly width: number }[];
  readonly fusion: Fusion;
  readonly form: FusionForm;
  readonly causal: boolean;
  readonly backend: 'onnxruntime' | 'tfjs' | 'reference';
  readonly precision: 'float32' | 'float16';
  readonly kernel: 'auto' | 'fused' | 'unfused';
  readonly seed: number;
}

/**
 * Checks a configuration and fills in its defaults.
 *
 * @throws AttentionError that lists every problem with its path.
 * @example
 * ```ts
 * const config = parseConfig({ width: 64, heads: 2, maxLength: 50, sides: [{ name: 'genre', width: 16 }] });
 * config.fusion; // 'sum'
 * ```
 */
export function parseConfig(config: unknown): CompleteDifAttentionConfig {
  const problems: SchemaProblem[] = [];
  const complete = conform(difAttentionConfigSchema, config, problems);
  if (problems.length === 0) {
    // Fits the schema with its defaults filled in: that is what the type says.
    problems.push(...conflicts(complete as CompleteDifAttentionConfig));
  }
  if (problems.length > 0) {
    const lines = problems.map(({ path, reason }) => `  ${path === '' ? 'the config' : path}: ${reason}`);
    throw new AttentionError(`the configuration of the attention is not valid:\n${lines.join('\n')}`);
  }
  return complete as CompleteDifAttentionConfig; // as above
}

/** What a schema cannot say. */
function conflicts(config: CompleteDifAttentionConfig): SchemaProblem[] {
  const { width, heads, sides, position, backend, precision } = config;
  const problems: SchemaProblem[] = [];
  const say = (path: string, reason: string): void => void problems.push({ path, reason });
  if (width % heads !== 0)
    say('heads', `${heads} heads do not divide width ${width}: use ${divisors(width).join(', ')}`);
  const names = sides.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) say('sides', `two are named "${twice}": give each its own name`);
  for (const [i, side] of sides.entries())
    if (side.width < heads) say(`sides.${i}.width`, `${side.width} is less than one number per head (${heads})`);
  if (position !== undefined && position < heads)
    say('position', `${position} is less than one number per head (${heads})`);
  if (precision === 'float16' && backend !== 'onnxruntime')
    say('precision', `float16 is for the backend "onnxruntime", not "${backend}": leave it out`);
  return problems;
}

function divisors(width: number): number[] {
  return Array.from({ length: Math.min(width, 16) }, (_, i) => i + 1).filter((heads) => width % heads === 0);
}
