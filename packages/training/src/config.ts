// The configuration of a run: one schema that validates, documents and fills in defaults.
// A run folder holds the parsed result, so a run can be repeated from its folder alone.
import { z } from 'zod';

/** Which backend and device execute the graphs. */
export const backendNames = ['onnxruntime', 'tfjs', 'reference'] as const;
/**
 * Devices; `auto` takes the best that works. `cpu`, `cuda` and `webgpu` are of onnxruntime; `wasm`, `node`, `node-gpu` and
 * `cpu` of tfjs.
 */
export const deviceNames = ['auto', 'cpu', 'cuda', 'webgpu', 'wasm', 'node', 'node-gpu'] as const;

/** Of the arithmetic inside programs; what goes in and out is float32. */
export const precisionNames = ['float32', 'float16'] as const;

const count = (meaning: string): z.ZodNumber => z.number().int().min(1).describe(meaning);

/** Forms of data: those of @difsr/data, and raw files that the command prepares on the way. */
const dataFormats = [
  's3rec',
  'recbole',
  'prepared',
  'generated',
  'csv',
  'jsonl',
  'json',
  'python',
  'parquet',
  'duckdb',
] as const;

/** Where the data comes from and how it is read; passed on to @difsr/data. */
export interface DataConfig {
  readonly path: string;
  readonly format?: (typeof dataFormats)[number] | undefined;
  readonly fields?: readonly string[] | undefined;
  readonly userMin?: number | undefined;
  readonly itemMin?: number | undefined;
  readonly categoryText?: 'names' | 'fragments' | undefined;
  readonly userColumn?: string | undefined;
  readonly itemColumn?: string | undefined;
  readonly timeColumn?: string | undefined;
  readonly streaming?: 'auto' | 'on' | 'off' | undefined;
}

/** The training part. */
export interface TrainingConfig {
  readonly epochs: number;
  readonly seed: number;
  readonly form: 'all-positions' | 'prefix';
  readonly targetsPerStep: number;
  readonly learningRate: number;
  readonly warmupSteps: number;
  readonly schedule:
    | { readonly kind: 'constant' }
    | { readonly kind: 'cosine'; readonly finalFraction: number }
    | { readonly kind: 'step'; readonly every: number; readonly gamma: number };
  readonly optimizer: 'adam' | 'adamw' | 'sgd';
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly clipNorm?: number | undefined;
  readonly averageDecay: number;
  readonly earlyStopping: { readonly metric: string; readonly patience: number };
  readonly checkpointSeconds: number;
  readonly replicas: number;
}

/** The evaluation part. */
export interface EvaluationConfig {
  readonly ks: readonly number[];
  readonly maskSeen: boolean;
  /** Whether test targets are ranked when training ends. */
  readonly test: boolean;
  readonly batchSize: number;
}

/** What comes before the training proper. */
export interface PretrainingConfig {
  /** `none`, or the name of a model that others begin from. */
  readonly model: string;
  readonly epochs: number;
  readonly patience: number;
  /** Default: that of the training. */
  readonly learningRate?: number | undefined;
  /** Of the pre-training model; those that both models have are the other one's. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** What is learned from other runs beside the data. */
export interface DistillationConfig {
  /** Folders of trained runs on the same data. */
  readonly runs: readonly string[];
  readonly weight: number;
  readonly draws: number;
}

/** A run's whole configuration. `model` is `name` and that model's own options. */
export interface RunConfig {
  readonly data: DataConfig;
  readonly model: { readonly name: string } & Readonly<Record<string, unknown>>;
  readonly training: TrainingConfig;
  readonly pretraining?: PretrainingConfig | undefined;
  readonly distillation?: DistillationConfig | undefined;
  readonly evaluation: EvaluationConfig;
  readonly backend: (typeof backendNames)[number];
  readonly device: (typeof deviceNames)[number];
  readonly threads?: number | undefined;
  readonly precision: (typeof precisionNames)[number];
}

const dataSchema = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe(
      'folder, file (also .csv, .jsonl, .parquet, or a description .yaml) or name of the data set; "generated" for the embedded one',
    )
    .default('generated'),
  format: z.enum(dataFormats).describe('form of the files; default: inferred from the path').optional(),
  fields: z
    .array(z.string())
    .describe('side information fields to load; default: all that look like categories')
    .optional(),
  userMin: count('keep users with at least so many interactions (repeated k-core)').optional(),
  itemMin: count('keep items with at least so many interactions (repeated k-core)').optional(),
  categoryText: z
    .enum(['names', 'fragments'])
    .describe('quoted category cells as real names, or split at spaces as the published code does')
    .optional(),
  userColumn: z.string().describe('name of the user column, if it is not user_id').optional(),
  itemColumn: z.string().describe('name of the item column, if it is not item_id').optional(),
  timeColumn: z
    .string()
    .describe('name of the time column, if it is not timestamp; of raw files also none: the order of the file counts')
    .optional(),
  streaming: z
    .enum(['auto', 'on', 'off'])
    .describe(
      "of a prepared folder, or of raw files prepared on the way: read sequences from disk while training; default: auto, where the data would take over a quarter of the machine's memory",
    )
    .optional(),
});

const trainingSchema = z.strictObject({
  epochs: count('passes over all targets').default(100),
  seed: z.number().int().min(0).describe('seed of everything random').default(42),
  form: z
    .enum(['all-positions', 'prefix'])
    .describe('one row per sequence with a loss at every position, or one row per prefix as the published code does')
    .default('all-positions'),
  targetsPerStep: count('targets per optimizer step; of fewer targets, all of them').default(2048),
  learningRate: z.number().positive().describe('learning rate after warm-up').default(1e-3),
  warmupSteps: z.number().int().min(0).describe('steps of linear warm-up').default(0),
  schedule: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('constant') }),
      z.strictObject({
        kind: z.literal('cosine'),
        finalFraction: z.number().min(0).max(1).describe('rate at the end, as a fraction').default(0),
      }),
      z.strictObject({
        kind: z.literal('step'),
        every: count('steps between decays'),
        gamma: z.number().positive().max(1).describe('factor at each decay'),
      }),
    ])
    .describe('learning-rate schedule after warm-up')
    .default({ kind: 'constant' }),
  optimizer: z.enum(['adam', 'adamw', 'sgd']).describe('optimizer').default('adam'),
  beta1: z.number().min(0).max(0.9999).describe('Adam: decay of the first moment').default(0.9),
  beta2: z.number().min(0).max(0.99999).describe('Adam: decay of the second moment').default(0.999),
  epsilon: z.number().min(1e-30).describe('Adam: epsilon').default(1e-8),
  momentum: z.number().min(0).max(0.9999).describe('SGD: momentum').default(0),
  weightDecay: z
    .number()
    .min(0)
    .describe('weight decay on matrices and embeddings (L2 for adam and sgd, decoupled for adamw)')
    .default(0),
  clipNorm: z.number().positive().describe('scale gradients down to this norm; default: no clipping').optional(),
  averageDecay: z
    .number()
    .min(0)
    .max(0.99999)
    .describe(
      'decay by step of a running average of the weights, which is validated, kept and served in their place (.999 averages some 1,000 steps); 0 = the weights themselves',
    )
    .default(0),
  earlyStopping: z
    .strictObject({
      metric: z
        .string()
        .describe('validation metric, such as ndcg@10, or loss: of training, and nothing is ranked until the end')
        .default('ndcg@10'),
      patience: z
        .number()
        .int()
        .min(0)
        .describe('epochs without improvement before stopping; 0 = never stop early')
        .default(10),
    })
    .describe('the best epoch by this metric is kept')
    .prefault({}),
  checkpointSeconds: z
    .number()
    .min(0)
    .describe('seconds between checkpoints within an epoch (one is always written after it)')
    .default(30),
  replicas: count(
    'workers that share every step, each on one thread (backends onnxruntime on the CPU, and reference); results differ in the last bits between numbers of them',
  ).default(1),
});

const pretrainingSchema = z.strictObject({
  model: z.string().describe('what weights are pre-trained as: s3-rec, or none').default('s3-rec'),
  epochs: count('passes over the training part').default(100),
  patience: z
    .number()
    .int()
    .min(0)
    .describe('epochs without a lower loss before the stage ends; 0 = never early')
    .default(10),
  learningRate: z.number().positive().describe('learning rate after warm-up; default: that of the training').optional(),
  options: z
    .record(z.string(), z.unknown())
    .describe("options of the pre-training model, such as maskRatio; sizes, dropout and fields are the trained model's")
    .default({}),
});

const distillationSchema = z.strictObject({
  runs: z
    .array(z.string().min(1))
    .nonempty()
    .describe('folders of trained runs on the same data: the model learns what they predict on average'),
  weight: z
    .number()
    .min(0)
    .max(1)
    .describe('share of the item loss that goes by what they predict instead of by the item that came')
    .default(0.5),
  draws: count('items drawn for each target from what they predict, divided evenly among them').default(64),
});

const evaluationSchema = z.strictObject({
  ks: z.array(count('cut-off')).nonempty().describe('cut-offs of the metrics').default([5, 10, 20]),
  maskSeen: z
    .boolean()
    .describe(
      'leave items of the history out of the ranking, as recommend does (not the protocol of the paper); a target among them is a miss',
    )
    .default(false),
  test: z
    .boolean()
    .describe('rank the test targets when training ends; without, they stay unseen until `difsr evaluate`')
    .default(true),
  batchSize: count('users ranked at once').default(512),
});

/** The schema of {@link RunConfig}: unknown keys are errors, missing ones get defaults. The model's own options are validated by the model. */
export const runConfigSchema: z.ZodType<RunConfig> = z.strictObject({
  data: dataSchema.describe('the data set').prefault({}),
  model: z
    .looseObject({
      name: z
        .string()
        .describe('one of the models that `difsr models` lists, or the name of your own')
        .default('dif-sr'),
    })
    .describe('the model and its options')
    .prefault({}),
  training: trainingSchema.describe('training').prefault({}),
  pretraining: pretrainingSchema.describe('a stage before the training, whose weights it begins with').optional(),
  distillation: distillationSchema.describe('other runs that the model learns from beside the data').optional(),
  evaluation: evaluationSchema.describe('evaluation').prefault({}),
  backend: z.enum(backendNames).describe('what executes the graphs').default('onnxruntime'),
  device: z
    .enum(deviceNames)
    .describe(
      'what it runs on: cpu, cuda, webgpu with onnxruntime; wasm, node, node-gpu, cpu with tfjs; auto takes the best that works',
    )
    .default('auto'),
  threads: count('CPU threads; default: all cores').optional(),
  precision: z
    .enum(precisionNames)
    .describe(
      'of the arithmetic inside; float16 is for onnxruntime on cuda and webgpu (on the cpu it is emulated, slowly)',
    )
    .default('float32'),
});
