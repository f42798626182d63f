// Rows of ids as callers have them, made into what a graph takes, inside the file and in standard operators: whoever runs the
// file may give any number of columns, and ids that the table does not have are never read as other rows of it.
import { GraphError } from '@difsr/graph';
import type { OnnxGraph, OnnxNode, OnnxTensor, OnnxValue } from './model.js';
import { renameValues } from './model.js';

/**
 * An int32 input `[batch, n]` of ids that a file takes as `[batch, length]`, whatever the length. Ids outside 1..`items` are
 * left out wherever they stand (0 is padding), of the rest the last `longest` are kept, in order, with 0 after them.
 */
export interface HistoryInput {
  /** Name of the graph's input. */
  readonly input: string;
  /** The largest id. */
  readonly items: number;
  /** Columns that the graph takes at most; all of them where its input has this size and no symbol. */
  readonly longest: number;
  /** Inputs `[batch, n]` or `[batch, n, width]` that say more of each place: they are taken at the same length, and move with the ids. */
  readonly beside?: readonly string[];
}

const DATA_TYPES = { float32: 1, int32: 6 } as const; // TensorProto.DataType
const INT32 = DATA_TYPES.int32;

/** The same graph behind an input of any length. */
export function takeHistories(graph: OnnxGraph, { input, items, longest, beside = [] }: HistoryInput): OnnxGraph {
  const part = new Part();
  const zero = part.int32(0);
  const isItem = part.op('And', part.op('Less', zero, input), part.op('Less', input, part.int32(items + 1)));
  const counted = part.op('Cast', isItem, { to: INT32 });
  const axis = part.int64(1);
  const place = part.op('CumSum', counted, part.int64Scalar(1)); // 1 at the first item of a row
  const total = part.op('ReduceSum', counted, axis, { keepdims: 1 });
  const declared = graph.inputs.find(({ name }) => name === input);
  const fixed = typeof declared?.shape[1] === 'number';
  const length = part.op('Shape', input, { start: 1, end: 2 });
  const width = fixed
    ? part.int64(longest)
    : part.op('Max', part.op('Min', length, part.int64(longest)), part.int64(1));
  const most = part.op('Cast', width, { to: INT32 });
  const cut = part.op('Max', part.op('Sub', total, most), zero);
  const column = part.op('Sub', part.op('Sub', place, cut), part.int32(1));
  const kept = part.op('And', isItem, part.op('Less', part.int32(-1), column));
  // What is left out goes, as 0, to a column beyond the last, which is cut off.
  const batch = part.op('Shape', input, { start: 0, end: 1 });
  const columns = part.op('Add', width, part.int64(1));
  const target = part.op('Where', kept, column, most);
  const moved = (values: OnnxValue): string => {
    const inner = values.shape.slice(2).map((size) => part.int64(widthOf(values.name, size)));
    const deep = (x: string): string => (inner.length === 0 ? x : part.op('Unsqueeze', x, part.int64(2)));
    const to = DATA_TYPES[values.dtype === 'int32' ? 'int32' : 'float32'];
    const none = part.op('Cast', zero, { to });
    const empty = part.op('ConstantOfShape', part.op('Concat', batch, columns, ...inner, { axis: 0 }));
    const places =
      inner.length === 0
        ? target
        : part.op('Expand', deep(target), part.op('Shape', values.name, { start: 0, end: 3 }));
    const scattered = part.op(
      'ScatterElements',
      part.op('Cast', empty, { to }),
      places,
      part.op('Where', deep(kept), values.name, none),
      { axis: 1, reduction: 'add' },
    );
    return part.op('Slice', scattered, part.int64(0), width, axis);
  };
  const along = new Set([input, ...beside]);
  const taken = graph.inputs.filter(({ name }) => along.has(name));
  const renamed = new Map(taken.map((values) => [values.name, moved(values)]));
  return {
    ...graph,
    nodes: [...part.nodes, ...renameValues(graph.nodes, renamed)],
    inputs: graph.inputs.map((value) =>
      along.has(value.name) ? { ...value, shape: [value.shape[0], 'length', ...value.shape.slice(2)] } : value,
    ),
    initializers: [...graph.initializers, ...part.constants.values()],
  };
}

function widthOf(name: string, size: OnnxValue['shape'][number]): number {
  if (typeof size === 'number') return size;
  throw new GraphError({
    what: `input "${name}": what stands at a place has a known size`,
    cure: 'declare [batch, length, width]',
  });
}

/** Nodes in the making, and their constants. */
class Part {
  readonly nodes: OnnxNode[] = [];
  readonly constants = new Map<string, OnnxTensor>();

  /** Adds a node with one output, and returns that; the last argument may be its attributes. */
  op(type: string, ...rest: (string | OnnxNode['attributes'])[]): string {
    const inputs = rest.filter((each) => typeof each === 'string');
    const attributes = rest.find((each) => typeof each !== 'string') ?? {};
    const output = `history/${type}_${this.nodes.length}`;
    this.nodes.push({ type, domain: '', inputs, outputs: [output], attributes });
    return output;
  }

  int32(value: number): string {
    return this.#constant(`int32/${value}`, 'int32', [], Int32Array.of(value));
  }

  int64Scalar(value: number): string {
    return this.#constant(`int64/${value}`, 'int64', [], BigInt64Array.of(BigInt(value)));
  }

  int64(value: number): string {
    return this.#constant(`int64[1]/${value}`, 'int64', [1], BigInt64Array.of(BigInt(value)));
  }

  #constant(text: string, dtype: OnnxTensor['dtype'], shape: readonly number[], data: OnnxTensor['data']): string {
    const name = `history/${text}`;
    this.constants.set(name, { name, dtype, shape, data });
    return name;
  }
}
