// Variables by name: what a backend keeps of each beside its type is the backend's own (buffers, tensors of a device).
import { formatShape, formatType, GraphError, sameShape, type DType } from '../types.js';
import type { Graph, Tensor } from '../signatures.js';
import { disposed } from './disposed.js';

/** What is known of a variable without its value. */
export interface VariableType {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** The same of all variables, by name. */
export type VariableTypes = ReadonlyMap<string, VariableType>;

/**
 * The variables of one set, until it is disposed. Which there are never changes.
 *
 * @example
 * ```ts
 * const slots = new Slots([['w', { dtype: 'float32', shape: [2], values: [0, 0] }]]);
 * slots.slot('w').values; // [0, 0]
 * ```
 */
export class Slots<S extends VariableType> {
  #slots: ReadonlyMap<string, S> | undefined;

  constructor(slots: Iterable<readonly [name: string, slot: S]>) {
    this.#slots = new Map(slots);
  }

  /** All of them. @throws BackendError after {@link close}. */
  get all(): ReadonlyMap<string, S> {
    if (this.#slots === undefined) throw disposed('the set of variables');
    return this.#slots;
  }

  /** One of them. @throws GraphError where there is none of that name. */
  slot(name: string): S {
    const slot = this.all.get(name);
    if (slot === undefined)
      throw new GraphError(`there is no variable "${name}"; variables are ${listed(this.all.keys())}`);
    return slot;
  }

  /** One of them that is about to take a value. @throws GraphError where the value is of another type. */
  fitting(name: string, { dtype, shape }: { readonly dtype: string; readonly shape: readonly number[] }): S {
    const slot = this.slot(name);
    if (dtype !== slot.dtype || !sameShape(shape, slot.shape))
      throw new GraphError(
        `variable "${name}" is ${formatType(slot)} and keeps that type, got ${dtype}${formatShape(shape)}`,
      );
    return slot;
  }

  /** Ends the set. Gives back what it held, for freeing; nothing where it has ended before. */
  close(): S[] {
    const held = [...(this.#slots?.values() ?? [])];
    this.#slots = undefined;
    return held;
  }
}

const listed = (names: Iterable<string>): string => [...names].join(', ') || 'none';

/**
 * Checks what a program reads from variables and writes to them. Symbols fit any size.
 *
 * @param updates variable -> output.
 * @param label of the program, for messages.
 * @throws GraphError where an update names no variable or output, or types do not fit.
 */
export function checkVariables(
  graph: Graph,
  updates: Readonly<Record<string, string>>,
  variables: VariableTypes,
  label: string,
): void {
  for (const [name, tensor] of graph.inputs) {
    const variable = variables.get(name);
    if (variable !== undefined && !fits(tensor, variable))
      throw new GraphError(
        `program "${label}": input "${name}" is ${formatType(tensor)}, the variable of that name ${formatType(variable)}`,
      );
  }
  for (const [name, output] of Object.entries(updates)) {
    const [variable, tensor] = [variables.get(name), graph.outputs.get(output)];
    const where = `program "${label}": update of "${name}"`;
    if (variable === undefined)
      throw new GraphError(`${where}: there is no such variable; variables are ${listed(variables.keys())}`);
    if (tensor === undefined)
      throw new GraphError(
        `${where}: the graph has no output "${output}"; outputs are ${listed(graph.outputs.keys())}`,
      );
    if (!fits(tensor, variable))
      throw new GraphError(
        `${where}: the variable is ${formatType(variable)}, output "${output}" ${formatType(tensor)}`,
      );
  }
}

function fits(tensor: Tensor, { dtype, shape }: VariableType): boolean {
  return (
    tensor.dtype === dtype &&
    tensor.shape.length === shape.length &&
    tensor.shape.every((dim, axis) => typeof dim === 'string' || dim === shape[axis])
  );
}
