// What a model is to the rest of the project: a name, a configuration with its schema, and one pure function that traces it.
// Everything else (objective, presets, extra rows, what it leaves untrained) has a default. Losses, ranking, recommending and
// export are made of that.
import { type Fault, type Text } from '@difsr/errors';
import { less, select } from '@difsr/graph';
import { Scope } from '@difsr/nn';
import type * as z from 'zod';
import { checkSideOptions, type SideOptions } from './fields.js';
import { readBy } from './inputs.js';
import type { Counted, TrainingPart } from './counted.js';
import type {
  BuildContext,
  DirectScores,
  Encoding,
  FieldsRead,
  CommonConfig,
  ModelInputs,
  ModelSchema,
  ReferenceParameter,
  TraceableModel,
  Turns,
} from './model.js';
import { lossOf, renamedOptions, temperatureOf, unitRows } from './losses.js';
import { nextItem } from './objectives/next-item.js';
import type { Objective } from './objectives/objective.js';
import { RunError } from './run-error.js';
import { declareSeenBias, requireSeenFits } from './seen.js';
import { userIdField } from './user-id.js';

/** Options of a preset, by their paths in a configuration: `{ model: { layers: 2 }, training: { learningRate: 1e-3 } }`. */
export interface Preset {
  readonly model?: Readonly<Record<string, unknown>>;
  readonly training?: Readonly<Record<string, unknown>>;
  readonly pretraining?: Readonly<Record<string, unknown>>;
}

/**
 * A model, of this package or somebody else's. What takes the configuration is written as methods, so that a list can hold
 * models of different configurations.
 */
export interface ModelDefinition<Config extends CommonConfig = CommonConfig> {
  readonly name: string;
  /** One line for lists. */
  readonly description: string;
  /** Paper and venue. */
  readonly source?: string;
  /** Validates options and fills in defaults. */
  readonly config: z.ZodType<Config>;
  /** Traces the model. One that is counted gives its scores instead of hidden states, and declares tables of the data alone. */
  build(context: BuildContext<Config>): Encoding | DirectScores;
  /** Of a model that is counted in the training part instead of being trained: the tables that `build` declares. No step is trained. */
  count?(config: Config, training: TrainingPart): Promise<Counted>;
  /** Throws {@link ModelConfigError} for options that contradict each other. */
  check?(config: Config, schema: ModelSchema): void;
  /** What the options say of fields, to be compared with those of the data. Default: `fields` alone. */
  sideOptions?(config: Config): SideOptions;
  /** Default: the next item. */
  objective?(config: Config): Objective;
  /** Named options; a name that the command knows, such as `small`, takes the place of its options for this model. */
  readonly presets?: Readonly<Record<string, Preset>>;
  /** Of a model that others begin from: its options then, and the options of others that it has as well. */
  readonly pretraining?: {
    readonly options: Readonly<Record<string, unknown>>;
    readonly shared: readonly string[];
  };
  /** Whether rows must have exactly `maxLength` columns. Default: any number up to it. */
  fullRows?(config: Config): boolean;
  /** Why not all positions may train at once: what lets the items behind a position reach it, and the cure. */
  leaks?(config: Config): Text | Fault | undefined;
  /** Our parameter names -> the published code's. */
  referenceNames?(config: Config, schema: ModelSchema): ReadonlyMap<string, ReferenceParameter>;
  /** Groups of parameters that are trained in turns. Default: all of them in every step. */
  turns?(config: Config, schema: ModelSchema): Turns | undefined;
  /** Parameters that are read but not trained. */
  frozen?(config: Config, name: string): boolean;
}

/** A definition, applied: a model that is traced, and what it is trained for. */
export interface ModelInstance extends TraceableModel {
  readonly objective: Objective;
  /** The same definition and options on other data. */
  readonly withSchema: (schema: ModelSchema) => ModelInstance;
}

/**
 * Applies a definition to options.
 *
 * @throws ZodError for options that the definition's schema refuses; ModelConfigError where options contradict each other, UnknownFieldError where they
 * name fields that the data lacks.
 * @example
 * ```ts
 * const model = instantiate(sasrec, { hiddenSize: 32 }, { items: 1000, fields: [] });
 * ```
 */
export function instantiate<Config extends CommonConfig>(
  definition: ModelDefinition<Config>,
  options: unknown,
  schema: ModelSchema,
): ModelInstance {
  const config = definition.config.parse(renamedOptions(options));
  lossOf(config);
  definition.check?.(config, schema);
  checkSideOptions(schema, definition.sideOptions?.(config) ?? { fields: config.fields, perField: {} });
  const objective = definition.objective?.(config) ?? nextItem;
  requireSeenFits(config, objective);
  const temperature = temperatureOf(config);
  const trace = (scope: Scope, { items, event, user }: ModelInputs): Encoding | DirectScores => {
    const encoding = definition.build({
      scope,
      config,
      schema,
      items,
      knownItems: objective.extraItems === 0 ? items : select(less(items, schema.items + 1), items, 0),
      itemRows: schema.items + 1 + objective.extraItems,
      event,
      user,
      userId: () => user(userIdField(schema)),
    });
    if ('scores' in encoding) return encoding;
    return {
      ...encoding,
      ...(temperature === undefined ? {} : { itemTable: unitRows(encoding.itemTable), temperature }),
      // Nothing is asked for that a history has already while weights are pre-trained.
      ...(config.seenBias === true && objective === nextItem ? { seenBias: declareSeenBias(scope) } : {}),
    };
  };
  let reads: FieldsRead | undefined;
  return {
    name: definition.name,
    config,
    schema,
    objective,
    fullRows: definition.fullRows?.(config) ?? false,
    leaks: definition.leaks?.(config),
    turns: definition.turns?.(config, schema),
    referenceNames: definition.referenceNames?.(config, schema) ?? new Map<string, ReferenceParameter>(),
    trace,
    build: (scope, inputs) => {
      const traced = trace(scope, inputs);
      if ('hidden' in traced) return traced;
      throw new RunError({
        what: `${definition.name} is counted: it has no hidden states, and nothing of it can be trained`,
        cure: 'take a model that is trained',
      });
    },
    count:
      definition.count === undefined
        ? undefined
        : async (training) => definition.count?.(config, training) ?? { tables: {} },
    get reads() {
      // What it reads is what it asks for while it is traced.
      return (reads ??= readBy(this, (inputs) => trace(new Scope({ training: false }), inputs)));
    },
    frozen: (name) => definition.frozen?.(config, name) ?? false,
    withSchema: (other) => instantiate(definition, config, other),
  };
}
