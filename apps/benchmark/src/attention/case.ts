// What is measured: the grid of cases, and one case's inputs and weights, the same for every candidate.
import { declareDif, type DifWeights, type Fusion } from '@difsr/attention';
import { normal, randomInts, streamId, type HostTensor, type RandomKey } from '@difsr/graph';
import { Scope, type ParameterSpec } from '@difsr/nn';

/** One point of the grid. */
export interface Case {
  readonly fusion: Fusion;
  /** Side sources, each as wide as `sideWidth`. */
  readonly sides: number;
  readonly length: number;
  readonly batch: number;
  readonly width: number;
  readonly sideWidth: number;
  readonly heads: number;
  /** Whether positions are a source as well. */
  readonly position: boolean;
  /** Whether sequences are of different lengths, half of `length` or more, and the mask of their padding is passed in. */
  readonly padding: boolean;
  /** Rows of the tables of attributes, without padding. */
  readonly items: number;
}

/** The axes of the grid. */
export interface GridOptions extends Pick<Case, 'width' | 'sideWidth' | 'heads' | 'position' | 'padding' | 'items'> {
  readonly fusions: readonly Fusion[];
  readonly sides: readonly number[];
  readonly lengths: readonly number[];
  readonly batches: readonly number[];
  /** Whether `concat` and `gate` are measured for every number of sides instead of the least one only. */
  readonly all: boolean;
}

/** The cases of a grid, small ones first. Without sides and position there is nothing to fuse: `sum` alone has that case. */
export function casesOf(options: GridOptions): Case[] {
  const { fusions, sides, lengths, batches, all, ...shared } = options;
  const { width, sideWidth, heads, position, padding, items } = shared;
  const least = Math.min(...sides.filter((count) => count > 0));
  const fused = (fusion: Fusion, count: number): boolean =>
    fusion === 'sum' || (count > 0 && (all || count === least)) || (position && all);
  return batches.flatMap((batch) =>
    lengths.flatMap((length) =>
      fusions.flatMap((fusion) =>
        sides
          .filter((count) => fused(fusion, count))
          .map((count) => ({
            fusion,
            sides: count,
            length,
            batch,
            width,
            sideWidth,
            heads,
            position,
            padding,
            items,
          })),
      ),
    ),
  );
}

/** `sum, 2 sides, length 50, batch 128` */
export function caseTitle({ fusion, sides, length, batch, position }: Case): string {
  const what = sides === 0 && !position ? 'no sides' : `${fusion}, ${sides} ${sides === 1 ? 'side' : 'sides'}`;
  return `${what}${position ? ' and position' : ''}, length ${length}, batch ${batch}`;
}

/** Everything that candidates are fed with. */
export interface CaseData {
  /** `[batch, length, width]` */
  readonly item: Float32Array;
  /** `[batch, length, sideWidth]` each: rows of `tables` */
  readonly sides: readonly Float32Array[];
  /** `[length, width]` */
  readonly position: Float32Array | undefined;
  /** `[batch, length]`: 1 at interactions, 0 at the padding to their right; undefined where there is none */
  readonly valid: Uint8Array | undefined;
  /** `[batch, length]`, 0 at padding */
  readonly ids: Int32Array;
  /** `[items + 1, sideWidth]` each, row 0 zeros */
  readonly tables: readonly Float32Array[];
  /** Weights under the names of `declareDif`, linear maps `[out, in]`. */
  readonly weights: Readonly<Record<string, HostTensor>>;
}

/** The DIF weights of a case as graph inputs, declared in `scope`. */
export function declareCase(
  scope: Scope,
  { width, sideWidth, sides, position, heads, fusion, length }: Case,
): DifWeights {
  const side = Array.from({ length: sides }, () => sideWidth);
  const own = { width, sides: side, heads, fusion, maxLength: length, deviation: 1 };
  return declareDif(scope, position ? { ...own, position: width } : own);
}

const SEED = 1;
const key = (name: string): RandomKey => ({ seed: SEED, step: 0, stream: streamId(name) });

/** Values of a case, the same in every run of the command. */
export function caseData(own: Case): CaseData {
  const { batch, length, width, sideWidth, items, sides, position, padding } = own;
  const random = (name: string, count: number): Float32Array => Float32Array.from(normal(key(name), count));
  const tables = Array.from({ length: sides }, (_, j) => {
    const table = random(`table${j}`, (items + 1) * sideWidth);
    return table.fill(0, 0, sideWidth);
  });
  const drawn = randomInts(key('ids'), batch * length, items);
  const shorter = randomInts(key('lengths'), batch, padding ? Math.floor(length / 2) + 1 : 1);
  const ids = Int32Array.from(drawn, (item, i) => {
    const end = length - shorter[Math.floor(i / length)]!; // one a row
    return i % length < end ? 1 + item : 0;
  });
  const scope = new Scope({ training: false });
  declareCase(scope, own);
  return {
    item: random('item', batch * length * width),
    sides: tables.map((table) => rows(table, ids, sideWidth)),
    position: position ? random('position', length * width) : undefined,
    valid: padding ? Uint8Array.from(ids, (id) => (id === 0 ? 0 : 1)) : undefined,
    ids,
    tables,
    weights: Object.fromEntries(scope.parameters.map(({ spec }) => [spec.name, weight(spec)])),
  };
}

/** A weight that keeps activations near 1, so that candidates which differ are seen to differ. */
function weight({ name, shape }: ParameterSpec): HostTensor {
  const count = shape.reduce((a, b) => a * b, 1);
  const deviation = shape.length === 2 ? 1 / Math.sqrt(shape[1]!) : 0.1; // [out, in], or a bias
  return { dtype: 'float32', shape, data: Float32Array.from(normal(key(name), count), (x) => x * deviation) };
}

function rows(table: Float32Array, ids: Int32Array, width: number): Float32Array {
  const out = new Float32Array(ids.length * width);
  ids.forEach((id, i) => out.set(table.subarray(id * width, (id + 1) * width), i * width));
  return out;
}
