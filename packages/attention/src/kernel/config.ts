// What a DIF attention is, as a plain JSON object: its shape, its fusion, and what runs it. Checked by a schema that is
// also published as `@difsr/attention/config.schema.json`.
import * as z from 'zod/mini';
import type { Fusion, FusionForm } from '../fusion.js';

const size = (meaning: string): z.ZodMiniType<number, number> => z.int().check(z.positive(), z.describe(meaning));

const sideSchema = z.strictObject({
  name: z
    .string()
    .check(z.regex(/^[A-Za-z_][A-Za-z0-9_-]*$/), z.describe('Name of the side source: letters, digits, "_" and "-".')),
  width: size('Width of its vectors.'),
});

const schema = z.strictObject({
  width: size('Width of the item stream and of the output; a multiple of heads.'),
  heads: size('Number of attention heads.'),
  maxLength: size('Longest sequence.'),
  sides: z._default(z.array(sideSchema), []).check(z.describe('Side sources, in the order of their weights.')),
  position: z.optional(size('Width of positions as a source of their own; left out: none.')),
  fusion: z._default(z.enum(['sum', 'concat', 'gate']), 'sum').check(z.describe('How score matrices are fused.')),
  form: z
    ._default(z.enum(['causal-safe', 'reference']), 'causal-safe')
    .check(
      z.describe(
        'Of concat and gate: "causal-safe" zeroes hidden scores first, "reference" is the published code (sequences of exactly maxLength).',
      ),
    ),
  causal: z
    ._default(z.boolean(), true)
    .check(z.describe('Whether an item sees only itself and earlier ones (SASRec: true, BERT4Rec: false).')),
  backend: z
    ._default(z.enum(['onnxruntime', 'tfjs', 'reference']), 'onnxruntime')
    .check(z.describe('What executes it. Needs the package of that name, "reference" none.')),
  device: z.optional(
    z
      .string()
      .check(
        z.describe(
          'What the backend runs on. onnxruntime: cpu, cuda, webgpu; tfjs: node-gpu, node, wasm, webgpu, webgl, cpu. Default: cpu, or the best that tfjs has.',
        ),
      ),
  ),
  threads: z.optional(size('Threads of onnxruntime; default: all cores.')),
  precision: z
    ._default(z.enum(['float32', 'float16']), 'float32')
    .check(z.describe('Of the arithmetic inside; inputs and outputs are float32. float16 is for onnxruntime.')),
  kernel: z
    ._default(z.enum(['auto', 'fused', 'unfused']), 'auto')
    .check(
      z.describe(
        '"unfused" runs the definition, "fused" its rewrite; "auto" takes what measuring showed to be faster.',
      ),
    ),
  seed: z
    ._default(z.int().check(z.nonnegative()), 1)
    .check(z.describe('Of the initial weights, where none are given.')),
});

/** A DIF attention as its user writes it: plain JSON, with defaults for all but `width`, `heads` and `maxLength`. */
export interface DifAttentionConfig {
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

/** The schema that checks it; `scripts/config-schema.mjs` publishes it as JSON Schema. */
export const difAttentionConfigSchema: z.ZodMiniType<CompleteDifAttentionConfig, DifAttentionConfig> = schema;

/** A configuration, an array or a call that does not fit; the message says which, what was allowed and the cure. */
export class AttentionError extends Error {
  override readonly name = 'AttentionError';
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
  const result = z.safeParse(schema, config);
  if (!result.success) {
    const problems = result.error.issues.map(
      (issue) => `  ${issue.path.length === 0 ? 'the config' : issue.path.join('.')}: ${reason(issue, config)}`,
    );
    throw new AttentionError(`the configuration of the attention is not valid:\n${problems.join('\n')}`);
  }
  const problems = conflicts(result.data);
  if (problems.length > 0)
    throw new AttentionError(`the configuration of the attention is not valid:\n${problems.join('\n')}`);
  return result.data;
}

/** What a schema cannot say. */
function conflicts(config: CompleteDifAttentionConfig): string[] {
  const { width, heads, sides, position, backend, precision } = config;
  const problems: string[] = [];
  const say = (path: string, text: string): void => void problems.push(`  ${path}: ${text}`);
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

/** A problem in words: zod's smallest build has none of its own. */
function reason(issue: z.core.$ZodIssue, config: unknown): string {
  const value = issue.path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    config,
  );
  const got = value === undefined ? 'it is missing' : `got ${JSON.stringify(value)}`;
  switch (issue.code) {
    case 'unrecognized_keys':
      return `unknown ${issue.keys.map((key) => `"${key}"`).join(', ')}; known are ${Object.keys(schema.shape).join(', ')}`;
    case 'invalid_value':
      return `must be ${issue.values.map((each) => JSON.stringify(each)).join(' or ')}, ${got}`;
    case 'invalid_type':
      return `must be ${issue.expected === 'int' ? 'a whole number' : `of type ${issue.expected}`}, ${got}`;
    case 'too_small':
      return `must be ${issue.inclusive === true ? 'at least' : 'above'} ${issue.minimum}, ${got}`;
    case 'invalid_format':
      return `must begin with a letter and hold letters, digits, "_" and "-" alone, ${got}`;
    default:
      return `${issue.message || issue.code}, ${got}`;
  }
}
