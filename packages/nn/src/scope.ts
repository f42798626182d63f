// A scope is where a model declares what it needs: parameters with their initial values, and
// dropout masks. Declaring gives a graph input; the scope remembers what the input stands for.
import { checkOptions, DifsrError, needed, option, type OptionRules } from '@difsr/errors';
import { input, mul, cast, keepScale, type Shape, type Tensor } from '@difsr/graph';
import { sameInitializer, type InitialSpec, type Initializer } from './initializers.js';

/** A declared parameter. */
export interface ParameterSpec extends InitialSpec {
  /** Whether weight decay applies: weight matrices and embeddings yes, biases and LayerNorm no. */
  readonly decay: boolean;
  /** Of a table with a row per item: rows of items without training interactions start, and stay, at zero. */
  readonly untrainedRows?: 'zero';
  /** Starts as this table of the data (its first columns, where that is wider), such as vectors that are tuned. */
  readonly startsAs?: string;
}

/** What a parameter may say of itself. */
export type ParameterOptions = Partial<Pick<ParameterSpec, 'decay' | 'untrainedRows' | 'startsAs'>>;

/** A declared dropout mask: a bool input to fill anew each step, 1 = keep. */
export interface MaskSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly rate: number;
}

/** A declared table that belongs to the data, such as the items' attributes. */
export interface ConstantSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Ids, or numbers. */
  readonly dtype: 'int32' | 'float32';
}

/** Two declarations under one name that differ. */
export class DeclarationError extends DifsrError {
  override readonly name = 'DeclarationError';
}

interface Declarations {
  readonly parameters: Map<string, { readonly spec: ParameterSpec; readonly tensor: Tensor }>;
  readonly masks: Map<string, MaskSpec>;
  readonly constants: Map<string, { readonly spec: ConstantSpec; readonly tensor: Tensor }>;
}

/** How a model is traced. */
export interface ScopeOptions {
  /** Whether dropout is active. */
  readonly training: boolean;
  /**
   * Whether what is looked up by id is computed for all rows of its table: for who computes that once, and then looks up. Default
   * false: it is computed of what was looked up.
   */
  readonly tabulated?: boolean;
  /**
   * Told of tensors inside the model by their full names, such as an attention's scores: for analyses. What nobody asks for is in no
   * graph, so that a model is the same whether it is watched or not.
   */
  readonly observer?: ((name: string, tensor: Tensor) => void) | undefined;
}

const SCOPE: OptionRules<ScopeOptions> = {
  training: needed(option.flag),
  tabulated: option.flag,
  observer: option.callable,
};
const PARAMETER: OptionRules<ParameterOptions> = {
  decay: option.flag,
  untrainedRows: option.oneOf('zero'),
  startsAs: option.text,
};

/** Collects declarations while a model is traced; children share them under a longer prefix. */
export class Scope {
  /** Whether dropout is active. */
  readonly training: boolean;
  /** See {@link ScopeOptions}. */
  readonly tabulated: boolean;
  readonly #observer: ScopeOptions['observer'];
  private readonly prefix: string;
  private readonly declarations: Declarations;

  /**
   * @example
   * ```ts
   * const scope = new Scope({ training: false });
   * const weight = scope.child('output').parameter('weight', [8, 4], { kind: 'normal', deviation: 0.02 });
   * ```
   */
  constructor(options: ScopeOptions, inherited?: { readonly prefix: string; readonly declarations: Declarations }) {
    checkOptions('Scope', options, SCOPE, DeclarationError);
    this.training = options.training;
    this.tabulated = options.tabulated ?? false;
    this.#observer = options.observer;
    this.prefix = inherited?.prefix ?? '';
    this.declarations = inherited?.declarations ?? { parameters: new Map(), masks: new Map(), constants: new Map() };
  }

  /** A scope whose names begin with `name.`. */
  child(name: string): Scope {
    return new Scope(
      { training: this.training, tabulated: this.tabulated, observer: this.#observer },
      { prefix: `${this.prefix}${name}.`, declarations: this.declarations },
    );
  }

  /**
   * Tells who watches the model of a tensor inside it, which is made for nobody else. A name may be told of several times.
   *
   * @returns the tensor; undefined where nobody watches.
   */
  observe(name: string, tensor: () => Tensor): Tensor | undefined {
    if (this.#observer === undefined) return undefined;
    const made = tensor();
    this.#observer(this.prefix + name, made);
    return made;
  }

  /** Declares a float parameter, or finds the one declared before under the same full name. */
  parameter(name: string, shape: readonly number[], initializer: Initializer, options: ParameterOptions = {}): Tensor {
    checkOptions('parameter', options, PARAMETER, DeclarationError);
    const { decay = true, untrainedRows, startsAs } = options;
    const spec: ParameterSpec = {
      name: this.prefix + name,
      shape,
      initializer,
      decay,
      ...(untrainedRows === undefined ? {} : { untrainedRows }),
      ...(startsAs === undefined ? {} : { startsAs }),
    };
    const earlier = this.declarations.parameters.get(spec.name);
    if (earlier !== undefined) {
      const same =
        earlier.spec.decay === spec.decay &&
        String(earlier.spec.shape) === String(shape) &&
        sameInitializer(earlier.spec.initializer, initializer);
      if (!same)
        throw new DeclarationError(
          `parameter "${spec.name}" is declared twice, as ${JSON.stringify(earlier.spec)} and as ${JSON.stringify(spec)}`,
        );
      return earlier.tensor;
    }
    const tensor = input(spec.name, shape);
    this.declarations.parameters.set(spec.name, { spec, tensor });
    return tensor;
  }

  /** Declares a table that the data provides: of ids, or of numbers. */
  constantTable(name: string, shape: readonly number[], dtype: ConstantSpec['dtype'] = 'int32'): Tensor {
    const spec: ConstantSpec = { name, shape, dtype };
    const earlier = this.declarations.constants.get(name);
    if (earlier !== undefined) {
      const shown = (of: ConstantSpec): string => `${of.dtype} [${of.shape.join(', ')}]`;
      if (shown(earlier.spec) === shown(spec)) return earlier.tensor;
      throw new DeclarationError(`table "${name}" is declared twice, as ${shown(earlier.spec)} and as ${shown(spec)}`);
    }
    const tensor = input(name, shape, dtype);
    this.declarations.constants.set(name, { spec, tensor });
    return tensor;
  }

  /** Inverted dropout (Srivastava et al., JMLR 2014): while training, elements are zeroed at `rate` and the others scaled up. */
  dropout(x: Tensor, rate: number, name: string): Tensor {
    if (!this.training || rate === 0) return x;
    const full = `dropout.${this.prefix}${name}`;
    if (this.declarations.masks.has(full))
      throw new DeclarationError(`dropout "${full}" is used twice: give each use its own name`);
    this.declarations.masks.set(full, { name: full, shape: x.shape, rate });
    return mul(mul(x, cast(input(full, x.shape, 'bool'), 'float32')), keepScale(rate));
  }

  /** All declared parameters, in order of declaration. */
  get parameters(): readonly { readonly spec: ParameterSpec; readonly tensor: Tensor }[] {
    return [...this.declarations.parameters.values()];
  }

  /** All declared masks. */
  get masks(): readonly MaskSpec[] {
    return [...this.declarations.masks.values()];
  }

  /** All declared tables of the data. */
  get constants(): readonly ConstantSpec[] {
    return [...this.declarations.constants.values()].map(({ spec }) => spec);
  }
}
