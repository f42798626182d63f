// A program as plain data: the ONNX bytes, and what must be known of the graph to feed and check it. Made where the
// graph is, used where the session is (perhaps in another thread).
import {
  at,
  bindDim,
  checkCompileOptions,
  formatType,
  GraphError,
  input,
  type CompileOptions,
  type Dim,
  type DType,
  type Graph,
  type Shape,
  type Tensor,
} from '@difsr/graph';
import { checkVariables, type VariableTypes } from '@difsr/graph/backend-parts';
import { encodeModel, lowerModel, onnxOutputName, type LowerOptions } from '@difsr/onnx/lower';
import { traceModel, type Tracer } from './trace.js';

/** A named tensor's type. */
export interface NamedType {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A condition on sizes that ONNX would not check: `small + plus <= large`. */
interface SizeCheck {
  readonly small: Dim;
  readonly plus: number;
  readonly large: Dim;
  readonly what: string;
}

/** See the head of the module; structured cloning keeps it whole. */
export interface ProgramDescription {
  readonly label: string;
  readonly bytes: Uint8Array;
  readonly nodes: number;
  readonly inputs: readonly NamedType[];
  /** `onnxName` is the output's name in the model. */
  readonly outputs: readonly (NamedType & { readonly onnxName: string })[];
  readonly checks: readonly SizeCheck[];
  /** Variable -> output. */
  readonly updates: Readonly<Record<string, string>>;
}

const named = (tensors: ReadonlyMap<string, Tensor>): NamedType[] =>
  [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));

/**
 * Describes a graph, checked against the variables it will run on.
 *
 * @throws GraphError where an update names no variable or output, or types do not fit.
 */
export async function describeProgram(
  graph: Graph,
  options: CompileOptions,
  variables: VariableTypes,
  { tracer, lowering }: { readonly tracer: Tracer; readonly lowering: Pick<LowerOptions, 'arithmetic' | 'lacks'> },
): Promise<ProgramDescription> {
  checkCompileOptions(options);
  const { updates = {}, label = 'program' } = options;
  checkVariables(graph, updates, variables, label);
  checkBuffers(graph, updates, label);
  // Large graphs take tens of milliseconds: the caller's event loop turns between the two halves.
  const model = lowerModel(graph, { target: 'runtime', name: label, ...lowering });
  await new Promise((resolve) => setTimeout(resolve));
  const bytes = encodeModel(model);
  traceModel(tracer, label, graph, bytes);
  const outputs = named(graph.outputs).map((type) => ({ ...type, onnxName: onnxOutputName(graph, type.name) }));
  return {
    label,
    bytes,
    nodes: graph.nodes.length,
    inputs: named(graph.inputs),
    outputs,
    checks: sizeChecks(graph),
    updates,
  };
}

/** Updates are written into the variable's second buffer: their size is known beforehand, and no two share one. */
function checkBuffers(graph: Graph, updates: Readonly<Record<string, string>>, label: string): void {
  const used = new Set<string>();
  for (const [name, output] of Object.entries(updates)) {
    const where = `program "${label}": update of "${name}"`;
    const tensor = graph.outputs.get(output);
    if (tensor?.shape.some((dim) => typeof dim === 'string') === true)
      throw new GraphError(`${where}: the size of output "${output}" is not fixed: it is ${formatType(tensor)}`);
    if (used.has(output))
      throw new GraphError(
        `${where}: output "${output}" already updates another variable; give the graph a second output of the same tensor`,
      );
    used.add(output);
  }
}

function sizeChecks(graph: Graph): SizeCheck[] {
  const checks: SizeCheck[] = [];
  const add = (small: Dim, plus: number, large: Dim, what: string): void => {
    if (small !== large && (typeof small === 'string' || typeof large === 'string'))
      checks.push({ small, plus, large, what });
  };
  for (const node of graph.nodes) {
    switch (node.op) {
      case 'slice': {
        const { axis, end } = node.attributes;
        add(end, 0, at(node.inputs[0].shape, axis), 'end of a slice');
        break;
      }
      case 'pad': {
        const { axis, start, size } = node.attributes;
        add(at(node.inputs[0].shape, axis), start, size, 'size of what is padded');
        break;
      }
      case 'topK':
        add(node.attributes.k, 0, at(node.inputs[0].shape, -1), 'k of topK');
        break;
      default:
    }
  }
  return checks;
}

/** The graph's inputs again, as `bindInputs` of @difsr/graph takes them. */
export function inputTensors(description: ProgramDescription): Map<string, Tensor> {
  return new Map(description.inputs.map(({ name, shape, dtype }) => [name, input(name, shape, dtype)]));
}

/** @throws GraphError where the bound sizes break a condition that the graph relies on. */
export function checkSizes({ checks, label }: ProgramDescription, sizes: ReadonlyMap<string, number>): void {
  for (const { small, plus, large, what } of checks) {
    const [least, most] = [bindDim(small, sizes) + plus, bindDim(large, sizes)];
    if (least > most) {
      const text = (dim: Dim, size: number): string => (typeof dim === 'string' ? `${dim} = ${size}` : String(size));
      throw new GraphError(
        `program "${label}": ${what} (${text(small, least)}) exceeds the axis (${text(large, most)})`,
      );
    }
  }
}
