// Collects the ONNX nodes of one graph: names values, shares constants and sizes, builds loop bodies.
// Lowering rules speak to ONNX through this class alone.
import {
  at,
  GraphError,
  sizeOf,
  type DType,
  type Graph,
  type HostData,
  type Shape,
  type Tensor,
  type Dim,
} from '@difsr/graph';
import type { AttributeValue, OnnxDType, OnnxGraph, OnnxNode, OnnxTensor, OnnxValue } from '../file/model.js';

/** `runtime`: vendor operators and a new opset; `export`: opset 17 and standard operators alone. */
export type Target = 'runtime' | 'export';

/**
 * Operators that some device has no kernel for: ONNX Runtime would compute them on the CPU, with copies there and back, so
 * they are composed from others.
 */
export type ComposableOperator = 'FusedMatMul' | 'LogSoftmax' | 'Or';

/** How ONNX names each of our element types. */
export const onnxDTypes: { readonly [D in DType]: OnnxDType } = { float32: 'float', int32: 'int32', bool: 'bool' };

type Attributes = Readonly<Record<string, AttributeValue>>;

const arrays: { readonly [D in DType]: (values: readonly number[]) => HostData } = {
  float32: (values) => Float32Array.from(values),
  int32: (values) => Int32Array.from(values),
  bool: (values) => Uint8Array.from(values, (value) => (value === 0 ? 0 : 1)),
};

/** A value that enters a body: its name outside, and its type inside. */
export interface Carried {
  readonly start: string;
  readonly value: Omit<OnnxValue, 'name'>;
}

/** What emitters of a model and of its loop bodies share. */
interface Shared {
  readonly graph: Graph;
  readonly initializers: Map<string, OnnxTensor>;
  readonly constants: Map<string, string>;
  readonly taken: Set<string>;
  /** Where sizes are computed: outside all loops. */
  readonly root: OnnxNode[];
  readonly lacks: ReadonlySet<ComposableOperator>;
}

/** See the head of the module. */
export class Emitter {
  readonly target: Target;
  readonly nodes: OnnxNode[];
  /** Prefix of the names of new values: the graph node being lowered. */
  prefix = '';
  readonly #shared: Shared;

  private constructor(target: Target, nodes: OnnxNode[], shared: Shared) {
    this.target = target;
    this.nodes = nodes;
    this.#shared = shared;
  }

  /** An emitter for `graph`. Names of inputs and outputs are never used for anything else. */
  static create(graph: Graph, target: Target, lacks: ReadonlySet<ComposableOperator> = new Set()): Emitter {
    const nodes: OnnxNode[] = [];
    const taken = new Set([
      ...graph.inputs.keys(),
      ...graph.outputs.keys(),
      ...[...graph.outputs.keys()].map((name) => `output/${name}`),
    ]);
    return new Emitter(target, nodes, {
      graph,
      initializers: new Map(),
      constants: new Map(),
      taken,
      root: nodes,
      lacks,
    });
  }

  get initializers(): readonly OnnxTensor[] {
    return [...this.#shared.initializers.values()];
  }

  /** Whether the device computes an operator itself, and the target knows it. */
  has(operator: ComposableOperator): boolean {
    return !this.#shared.lacks.has(operator) && (operator !== 'FusedMatMul' || this.target === 'runtime');
  }

  /** `a or b` of truth values. */
  or(a: string, b: string): string {
    if (this.has('Or')) return this.op('Or', [a, b]);
    return this.op('Not', [this.op('And', [this.op('Not', [a]), this.op('Not', [b])])]);
  }

  /** A name that no other value has. */
  fresh(hint: string): string {
    let name = hint;
    for (let i = 2; this.#shared.taken.has(name); i++) name = `${hint}_${i}`;
    this.#shared.taken.add(name);
    return name;
  }

  /** Adds a node of the standard domain with one output and returns that output's name. */
  op(type: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return at(this.ops(type, inputs, 1, attributes), 0);
  }

  /** Adds a node with several outputs. */
  ops(type: string, inputs: readonly string[], outputs: number, attributes: Attributes = {}, domain = ''): string[] {
    const names = Array.from({ length: outputs }, (_, i) =>
      this.fresh(`${this.prefix}/${type}${outputs > 1 ? `.${i}` : ''}`),
    );
    this.nodes.push({ type, domain, inputs, outputs: names, attributes });
    return names;
  }

  /** Adds a node of ONNX Runtime's own domain; only for the `runtime` target. */
  vendor(type: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return at(this.ops(type, inputs, 1, attributes, 'com.microsoft'), 0);
  }

  /** A constant of the graph's dtypes; equal small constants are one initializer. */
  constant(dtype: DType, shape: readonly number[], values: readonly number[]): string {
    return this.#constant(onnxDTypes[dtype], shape, arrays[dtype](values));
  }

  /** A scalar constant. */
  scalar(value: number, dtype: DType = 'float32'): string {
    return this.constant(dtype, [], [value]);
  }

  /** A one-dimensional int64 constant: axes, shapes, starts and ends. */
  int64(values: readonly number[]): string {
    return this.#constant(
      'int64',
      [values.length],
      BigInt64Array.from(values, (value) => BigInt(value)),
    );
  }

  /** An int64 scalar. */
  int64Scalar(value: number): string {
    return this.#constant('int64', [], BigInt64Array.of(BigInt(value)));
  }

  #constant(dtype: OnnxDType, shape: readonly number[], data: HostData | BigInt64Array): string {
    const small = data.length <= 64;
    const key = `${dtype}[${shape.join()}] ${small ? [...data].map((x) => (Object.is(x, -0) ? '-0' : String(x))).join() : ''}`;
    const earlier = small ? this.#shared.constants.get(key) : undefined;
    if (earlier !== undefined) return earlier;
    const text = small && sizeOf(shape) <= 4 ? [...data].join('_') : 'data';
    const name = this.fresh(`const/${dtype}${shape.length > 0 ? `[${shape.join()}]` : ''}/${text}`);
    this.#shared.initializers.set(name, { name, dtype, shape, data });
    if (small) this.#shared.constants.set(key, name);
    return name;
  }

  /** Makes an input of the graph a tensor of the model. */
  initializer(tensor: OnnxTensor): void {
    this.#shared.initializers.set(tensor.name, tensor);
  }

  /** A size as int64 `[1]`: a constant, or read once off the shape of an input that has the symbol. */
  dim(dim: Dim): string {
    return typeof dim === 'number' ? this.int64([dim]) : this.#size(dim, false);
  }

  /** A size as an int64 scalar. */
  dimScalar(dim: Dim): string {
    return typeof dim === 'number' ? this.int64Scalar(dim) : this.#size(dim, true);
  }

  #size(symbol: string, scalar: boolean): string {
    const name = `size/${symbol}${scalar ? '/scalar' : ''}`;
    const shared = this.#shared;
    if (shared.constants.has(name)) return name;
    for (const [input, { shape }] of shared.graph.inputs) {
      const axis = shape.indexOf(symbol);
      if (axis < 0) continue;
      if (scalar) {
        const vector = this.#size(symbol, false);
        shared.root.push({
          type: 'Squeeze',
          domain: '',
          inputs: [vector, this.int64([0])],
          outputs: [name],
          attributes: {},
        });
      } else {
        shared.root.push({
          type: 'Shape',
          domain: '',
          inputs: [input],
          outputs: [name],
          attributes: { start: axis, end: axis + 1 },
        });
      }
      shared.constants.set(name, name);
      return name;
    }
    throw new GraphError(
      `dimension "${symbol}" is needed as a value but no input has it: give the graph an input with this dimension`,
    );
  }

  /** A shape as int64 `[rank]`. */
  shape(shape: Shape): string {
    if (shape.every((dim) => typeof dim === 'number')) return this.int64(shape);
    const key = `shape/${shape.join()}`;
    const shared = this.#shared;
    if (!shared.constants.has(key)) {
      const inputs = shape.map((dim) => this.dim(dim));
      if (inputs.length === 1) return at(inputs, 0);
      shared.taken.add(key);
      shared.root.push({ type: 'Concat', domain: '', inputs, outputs: [key], attributes: { axis: 0 } });
      shared.constants.set(key, key);
    }
    return key;
  }

  /** Product of dimensions as int64 `[1]`. */
  count(shape: Shape): string {
    const known = shape.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : product), 1);
    const symbols = shape.filter((dim) => typeof dim === 'string');
    if (known === 1 && symbols.length > 0)
      return symbols
        .slice(1)
        .reduce((product, dim) => this.op('Mul', [product, this.dim(dim)]), this.dim(at(symbols, 0)));
    return symbols.reduce((product, dim) => this.op('Mul', [product, this.dim(dim)]), this.int64([known]));
  }

  /**
   * Reshapes a value of known shape. Dimensions that stay at their axis are copied, or one symbol is inferred, so that sizes
   * are only computed where they must be. Both at once would leave the inferred one open where a copied one is 0.
   */
  reshape(value: string, from: Shape, to: Shape): string {
    let inferred = false;
    const dims = to.map((dim, axis) => {
      if (typeof dim === 'number') return dim;
      if (from[axis] === dim) return 0;
      if (inferred) return undefined;
      inferred = true;
      return -1;
    });
    const known = dims.filter((dim) => dim !== undefined);
    // A size of 0 would mean "copy" to Reshape, and -1 cannot be inferred beside it.
    const exact = known.length < dims.length || to.includes(0) || (known.includes(-1) && known.includes(0));
    return this.op('Reshape', [value, exact ? this.shape(to) : this.int64(known)], exact ? { allowzero: 1 } : {});
  }

  /** Reshapes to `[-1, width]`, or `[-1]` if the width is undefined, whatever the sizes. */
  flatten(value: string, from: Shape, kept: Shape | undefined): string {
    if (kept === undefined) return from.length === 1 ? value : this.op('Reshape', [value, this.int64([-1])]);
    if (from.length === 2 && kept.length === 1) return value;
    if (kept.every((dim) => typeof dim === 'number'))
      return this.op('Reshape', [value, this.int64([-1, sizeOf(kept)])]);
    return this.op('Reshape', [value, this.op('Concat', [this.int64([-1]), this.count(kept)], { axis: 0 })]);
  }

  /**
   * Carries states along axis 0 of sequences (ONNX Scan). Values of the outside are visible inside.
   *
   * @param body gets the states and this step's elements; returns the next states, and a result of this step for each of `results`.
   * @returns the states after the last step, then all values of each result along axis 0, each at its element's place.
   */
  scan(
    states: readonly Carried[],
    sequences: readonly Carried[],
    results: readonly Omit<OnnxValue, 'name'>[],
    reverse: boolean,
    body: (inner: Emitter, states: readonly string[], elements: readonly string[]) => readonly string[],
  ): string[] {
    const nodes: OnnxNode[] = [];
    const inner = new Emitter(this.target, nodes, this.#shared);
    inner.prefix = `${this.prefix}/body`;
    const named = ({ value }: Carried, hint: string): OnnxValue => ({
      ...value,
      name: this.fresh(`${inner.prefix}/${hint}`),
    });
    const stateInputs = states.map((state) => named(state, 'state'));
    const elements = sequences.map((sequence) => named(sequence, 'element'));
    const given = body(
      inner,
      stateInputs.map(({ name }) => name),
      elements.map(({ name }) => name),
    );
    // An output of a body is a value of its own, made inside.
    const outputs = [...states.map(({ value }) => value), ...results].map((value, i) => ({
      ...value,
      name: inner.op('Identity', [at(given, i)]),
    }));
    const direction = reverse ? 1 : 0;
    const graph: OnnxGraph = {
      name: inner.prefix,
      nodes,
      inputs: [...stateInputs, ...elements],
      outputs,
      initializers: [],
    };
    return this.ops(
      'Scan',
      [...states, ...sequences].map(({ start }) => start),
      outputs.length,
      {
        body: graph,
        num_scan_inputs: sequences.length,
        scan_input_directions: sequences.map(() => direction),
        ...(results.length === 0 ? {} : { scan_output_directions: results.map(() => direction) }),
      },
    );
  }

  /** The results of one of two branches, which see the values of the outside. Each result is made in both. */
  either(
    condition: string,
    results: readonly Omit<OnnxValue, 'name'>[],
    branches: { readonly [B in 'whenTrue' | 'whenFalse']: (inner: Emitter) => readonly string[] },
  ): string[] {
    const branch = (body: (inner: Emitter) => readonly string[], name: string): OnnxGraph => {
      const nodes: OnnxNode[] = [];
      const inner = new Emitter(this.target, nodes, this.#shared);
      inner.prefix = `${this.prefix}/${name}`;
      const given = body(inner);
      const outputs = results.map((value, i) => ({ ...value, name: inner.op('Identity', [at(given, i)]) }));
      return { name: inner.prefix, nodes, inputs: [], outputs, initializers: [] };
    };
    return this.ops('If', [condition], results.length, {
      then_branch: branch(branches.whenTrue, 'true'),
      else_branch: branch(branches.whenFalse, 'false'),
    });
  }

  /**
   * Runs `body` `trips` times. Values of the outside are visible inside.
   *
   * @param trips name of an int64 scalar.
   * @param carried start values of the loop's variables, with the type that they have inside.
   * @param body gets the iteration's number (int64 scalar) and the variables; returns their next values.
   * @returns the variables after the last iteration.
   */
  loop(
    trips: string,
    carried: readonly Carried[],
    body: (inner: Emitter, iteration: string, variables: readonly string[]) => readonly string[],
  ): string[] {
    const nodes: OnnxNode[] = [];
    const inner = new Emitter(this.target, nodes, this.#shared);
    inner.prefix = `${this.prefix}/body`;
    const [iteration, running, stillRunning] = ['iteration', 'running', 'still_running'].map((name) =>
      this.fresh(`${inner.prefix}/${name}`),
    ) as [string, string, string];
    const variables = carried.map((_, i) => this.fresh(`${inner.prefix}/variable.${i}`));
    nodes.push({ type: 'Identity', domain: '', inputs: [running], outputs: [stillRunning], attributes: {} });
    const results = body(inner, iteration, variables);
    const scalar = { shape: [] };
    const graph: OnnxGraph = {
      name: `${this.prefix}/body`,
      nodes,
      inputs: [
        { name: iteration, dtype: 'int64', ...scalar },
        { name: running, dtype: 'bool', ...scalar },
        ...carried.map(({ value }, i) => ({ ...value, name: at(variables, i) })),
      ],
      outputs: [
        { name: stillRunning, dtype: 'bool', ...scalar },
        ...carried.map(({ value }, i) => ({ ...value, name: at(results, i) })),
      ],
      initializers: [],
    };
    return this.ops(
      'Loop',
      [trips, this.constant('bool', [], [1]), ...carried.map(({ start }) => start)],
      carried.length,
      { body: graph },
    );
  }
}

/** The only output of a tensor's node, for rules that look one node back. */
export function producedBy<Op extends Tensor['node']['op']>(
  tensor: Tensor,
  op: Op,
): Extract<Tensor['node'], { op: Op }> | undefined {
  const { node } = tensor;
  return isOp(node, op) ? node : undefined;
}

function isOp<Op extends Tensor['node']['op']>(
  node: Tensor['node'],
  op: Op,
): node is Extract<Tensor['node'], { op: Op }> {
  return node.op === op;
}
