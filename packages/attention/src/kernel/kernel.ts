// DIF attention as a kernel on typed arrays: programs on the configured backend, compiled at their first use.
import { checkOptions, option, type OptionRules } from '@difsr/errors';
import { hoist, type Backend, type Graph, type HostTensor, type Program, type Variables } from '@difsr/graph';
import {
  checkInputs,
  checkTabulatedInputs,
  collectFeeds,
  collectTables,
  fittingWeights,
  parameterValues,
  type AttentionInputs,
  type AttentionTables,
  type TabulatedInputs,
} from './arrays.js';
import { sumLayout } from '../fused.js';
import type { SumLayout } from '../graph-options.js';
import { openBackend } from './backends.js';
import { AttentionError } from '../error.js';
import { parseConfig, type CompleteDifAttentionConfig, type DifAttentionConfig } from './config.js';
import { parametersOf } from '../trace.js';
import { definitionGraph, fusedGraph, tabulatedGraph } from './graphs.js';

/** Weights by name, `[out, in]` for linear maps: `query.weight`, `key.side0.bias`, `value.weight`, `output.weight`, `fusion.*`. */
export type AttentionValues = Readonly<Record<string, Float32Array>>;

/** Gradients of `sum(output * cotangent)`. */
export interface AttentionGradients {
  readonly item: Float32Array;
  /** By name of the side source. */
  readonly sides: Readonly<Record<string, Float32Array>>;
  readonly position?: Float32Array;
  readonly weights: AttentionValues;
}

/** An attention whose side sources and positions are tables: their queries and keys were computed once. */
export interface TabulatedDifAttention {
  /** `[batch, length, width]` */
  forward(inputs: TabulatedInputs): Promise<Float32Array>;
  /** Frees the tables and the programs. */
  dispose(): Promise<void>;
}

/** DIF attention on typed arrays. Calls may overlap; the backend runs them one after another. */
export interface DifAttention {
  /** The configuration with its defaults. */
  readonly config: CompleteDifAttentionConfig;
  /** `softmax(scale F(item, sides, position) + mask) item W_V W_O`: `[batch, length, width]`. */
  forward(inputs: AttentionInputs): Promise<Float32Array>;
  /** Output and gradients for a cotangent `[batch, length, width]`; without one, of ones. */
  gradient(
    inputs: AttentionInputs,
    cotangent?: Float32Array,
  ): Promise<{ readonly output: Float32Array; readonly gradients: AttentionGradients }>;
  /** An attention for serving: queries and keys of all rows of the tables computed now, with the weights of now. */
  tabulate(tables: AttentionTables): Promise<TabulatedDifAttention>;
  /** Copies of the weights. */
  readWeights(): Promise<AttentionValues>;
  /** Replaces weights, all or some. Attentions that were tabulated before keep theirs. */
  writeWeights(values: AttentionValues): Promise<void>;
  /** Frees everything, tabulated attentions included. */
  dispose(): Promise<void>;
}

/** What {@link createDifAttention} takes beside the configuration. */
interface CreateOptions {
  readonly weights?: AttentionValues;
}

const OPTIONS: OptionRules<CreateOptions> = { weights: option.record(option.given) };

/**
 * Makes a DIF attention (Xie et al., SIGIR 2022, eq. (8)-(10)) on the backend that the configuration names.
 *
 * @param options `weights`: all of them; left out, they are drawn from the configuration's seed.
 * @throws AttentionError for a configuration or weights that do not fit; MissingPackageError for a backend that is not installed, BackendError
 * for a device that does not work, with the cure.
 * @example
 * ```ts
 * const attention = await createDifAttention({ width: 8, heads: 2, maxLength: 50, sides: [{ name: 'genre', width: 4 }], backend: 'reference' });
 * const output = await attention.forward({ batch: 1, length: 3, item: new Float32Array(24), sides: { genre: new Float32Array(12) } });
 * await attention.dispose();
 * ```
 */
export async function createDifAttention(
  config: DifAttentionConfig,
  options: CreateOptions = {},
): Promise<DifAttention> {
  const complete = parseConfig(config);
  checkOptions('createDifAttention', options, OPTIONS, AttentionError);
  const parameters = parametersOf(complete);
  const weights = parameterValues(parameters, complete.seed, options.weights);
  return new Kernel(complete, await openBackend(complete), weights);
}

/** A program whose weights, and what depends on them alone, live in the backend. */
class Compiled {
  readonly #prepare: Program | undefined;
  readonly #variables: Variables;
  readonly #program: Program;
  readonly #fixed: { readonly prepared: readonly string[]; readonly direct: readonly string[] };

  private constructor(
    prepare: Program | undefined,
    variables: Variables,
    program: Program,
    fixed: { readonly prepared: readonly string[]; readonly direct: readonly string[] },
  ) {
    this.#prepare = prepare;
    this.#variables = variables;
    this.#program = program;
    this.#fixed = fixed;
  }

  static async compile(
    backend: Backend,
    graph: Graph,
    fixed: Readonly<Record<string, HostTensor>>,
    label: string,
  ): Promise<Compiled> {
    const names = Object.keys(fixed).filter((name) => graph.inputs.has(name));
    const { prepare, main, direct } = hoist(graph, names);
    const prepared = [...prepare.inputs.keys()];
    const first =
      prepare.outputs.size === 0 ? undefined : await backend.compile(prepare, { label: `${label}: weights` });
    const variables = await backend.createVariables({
      ...(await first?.run(pick(fixed, prepared))),
      ...pick(fixed, direct),
    });
    const program = await backend.compile(main, { variables, label });
    return new Compiled(first, variables, program, { prepared, direct });
  }

  run(feeds: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    return this.#program.run(feeds);
  }

  async write(values: Readonly<Record<string, HostTensor>>): Promise<void> {
    await this.#variables.write({
      ...(await this.#prepare?.run(pick(values, this.#fixed.prepared))),
      ...pick(values, this.#fixed.direct),
    });
  }

  async dispose(): Promise<void> {
    await this.#prepare?.dispose();
    await this.#program.dispose();
    await this.#variables.dispose();
  }
}

function pick(values: Readonly<Record<string, HostTensor>>, names: readonly string[]): Record<string, HostTensor> {
  return Object.fromEntries(
    names.map((name) => {
      const value = values[name];
      if (value === undefined) throw new AttentionError(`no value for "${name}"`);
      return [name, value];
    }),
  );
}

function floats(tensor: HostTensor | undefined): Float32Array {
  if (tensor === undefined) throw new AttentionError('the program returned no such value');
  return tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(tensor.data);
}

class Kernel implements DifAttention {
  readonly config: CompleteDifAttentionConfig;
  readonly #backend: Backend;
  #weights: Record<string, HostTensor>;
  readonly #programs = new Map<string, Promise<Compiled>>();
  readonly #tabulated = new Set<Compiled>();

  constructor(config: CompleteDifAttentionConfig, backend: Backend, weights: Record<string, HostTensor>) {
    this.config = config;
    this.#backend = backend;
    this.#weights = weights;
  }

  async forward(inputs: AttentionInputs): Promise<Float32Array> {
    checkInputs(inputs);
    const feeds = collectFeeds(this.config, inputs);
    const masked = 'valid' in feeds;
    const layout = layoutOf(this.config, inputs);
    const unfused = this.config.kernel === 'unfused';
    const label = `attention, ${unfused ? 'unfused' : layout}${masked ? ', masked' : ''}`;
    const program = await this.#program(label, () =>
      unfused ? definitionGraph(this.config, { masked }) : fusedGraph(this.config, { masked, layout }),
    );
    return floats((await program.run(feeds))['output']);
  }

  async gradient(
    inputs: AttentionInputs,
    cotangent?: Float32Array,
  ): Promise<{ readonly output: Float32Array; readonly gradients: AttentionGradients }> {
    checkInputs(inputs);
    const feeds = collectFeeds(this.config, inputs, { cotangent });
    const masked = 'valid' in feeds;
    const program = await this.#program(`attention and gradient${masked ? ', masked' : ''}`, async () => {
      const { gradientGraph } = await import('./gradient-graph.js');
      return gradientGraph(this.config, { masked });
    });
    const results = await program.run(feeds);
    const gradient = (name: string, like: { readonly length: number }): Float32Array =>
      results[`grad.${name}`] === undefined ? new Float32Array(like.length) : floats(results[`grad.${name}`]);
    const { position } = inputs;
    return {
      output: floats(results['output']),
      gradients: {
        item: gradient('item', inputs.item),
        sides: Object.fromEntries(
          Object.entries(inputs.sides ?? {}).map(([name, values]) => [name, gradient(`side.${name}`, values)]),
        ),
        ...(position === undefined ? {} : { position: gradient('position', position) }),
        weights: Object.fromEntries(
          Object.entries(this.#weights).map(([name, { data }]) => [name, gradient(name, data)]),
        ),
      },
    };
  }

  async tabulate(tables: AttentionTables): Promise<TabulatedDifAttention> {
    const { config } = this;
    const { rows, values } = collectTables(config, tables);
    const fixed = { ...this.#weights, ...values };
    const programs = new Map<string, Promise<Compiled>>();
    const compiled = (masked: boolean, layout: SumLayout): Promise<Compiled> =>
      remember(programs, `${layout}${masked ? ', masked' : ''}`, async () => {
        const graph = tabulatedGraph(config, rows, { masked, layout });
        const program = await Compiled.compile(this.#backend, graph, fixed, 'tabulated attention');
        this.#tabulated.add(program);
        return program;
      });
    // What does not fit shows now.
    await compiled(false, layoutOf(config, { batch: 1, length: config.maxLength }));
    return {
      forward: async (inputs) => {
        checkTabulatedInputs(inputs);
        const feeds = collectFeeds(config, inputs, { rows });
        const program = await compiled('valid' in feeds, layoutOf(config, inputs));
        return floats((await program.run(feeds))['output']);
      },
      dispose: async () => {
        for (const pending of programs.values()) {
          const program = await pending;
          if (this.#tabulated.delete(program)) await program.dispose();
        }
      },
    };
  }

  readWeights(): Promise<AttentionValues> {
    return Promise.resolve(
      Object.fromEntries(Object.entries(this.#weights).map(([name, { data }]) => [name, Float32Array.from(data)])),
    );
  }

  async writeWeights(values: AttentionValues): Promise<void> {
    this.#weights = { ...this.#weights, ...fittingWeights(parametersOf(this.config), values) };
    for (const pending of this.#programs.values()) await (await pending).write(this.#weights);
  }

  async dispose(): Promise<void> {
    this.#programs.clear();
    this.#tabulated.clear();
    await this.#backend.dispose();
  }

  #program(label: string, graph: () => Graph | Promise<Graph>): Promise<Compiled> {
    return remember(this.#programs, label, async () => {
      const made = await graph();
      return Compiled.compile(this.#backend, made, this.#weights, label);
    });
  }
}

/** How the fused kernel adds scores for batches of this size; one way where there is nothing to add. */
function layoutOf(
  { fusion, heads, width, sides }: CompleteDifAttentionConfig,
  { batch, length }: { readonly batch: number; readonly length: number },
): SumLayout {
  if (fusion !== 'sum' || sides.length === 0) return 'added';
  return sumLayout({ batch, length, heads, width, sides: sides.map((side) => side.width) });
}

/** The promise under a key; one that was rejected is forgotten, so that the next call tries again. */
function remember<K, V>(known: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> {
  const earlier = known.get(key);
  if (earlier !== undefined) return earlier;
  const made = make();
  known.set(key, made);
  made.catch(() => known.delete(key));
  return made;
}
