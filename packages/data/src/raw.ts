// The common table that every reader produces: interactions and item attributes as tokens, before filtering and numbering.
// Readers know formats; what follows (filter.ts, build.ts) knows only this.
import type { CategoricalField, ReportEntry } from './types.js';

/** Interactions in file order, as indices into the distinct tokens. */
export interface RawInteractions {
  /** Distinct user tokens in order of first appearance. */
  readonly userTokens: readonly string[];
  /** Distinct item tokens in order of first appearance. */
  readonly itemTokens: readonly string[];
  /** `[rows]` index into `userTokens`. */
  readonly users: Int32Array;
  /** `[rows]` index into `itemTokens`. */
  readonly items: Int32Array;
  /** `[rows]`; absent where file order is time order. */
  readonly times?: Float64Array;
}

/** One attribute column: the values of each row of the item table. */
export interface RawItemColumn {
  readonly name: string;
  readonly kind: CategoricalField['kind'];
  readonly values: readonly (readonly string[])[];
}

/** The item table in file order; items without a row have no attributes, rows without interactions are items that nobody used. */
export interface RawItems {
  /** Distinct item tokens, one per row. */
  readonly ids: readonly string[];
  readonly columns: readonly RawItemColumn[];
  /** A readable name per row, where there is one. */
  readonly names?: readonly string[];
}

/** What a reader hands on. */
export interface RawData {
  readonly name: string;
  readonly format: string;
  /** What the errors of later steps name as the file. */
  readonly source: string;
  readonly interactions: RawInteractions;
  readonly items?: RawItems;
  readonly report: readonly ReportEntry[];
}

/** The last part of a path: reports name files by it, errors by the whole path. */
export function fileName(file: string): string {
  return file.split(/[\\/]/).at(-1) ?? file;
}

/** Collects interactions row by row: interns tokens, grows its columns. */
export class InteractionCollector {
  readonly #users = new Map<string, number>();
  readonly #items = new Map<string, number>();
  readonly #userColumn = new Int32Column();
  readonly #itemColumn = new Int32Column();
  readonly #times: number[] = [];

  /** Interactions so far. */
  get rows(): number {
    return this.#userColumn.length;
  }

  /** Adds an interaction; either all of them have a time or none. */
  add(user: string, item: string, time?: number): void {
    this.#userColumn.push(intern(this.#users, user));
    this.#itemColumn.push(intern(this.#items, item));
    if (time !== undefined) this.#times.push(time);
  }

  /** The table of all that was added. */
  finish(): RawInteractions {
    const columns = {
      userTokens: [...this.#users.keys()],
      itemTokens: [...this.#items.keys()],
      users: this.#userColumn.finish(),
      items: this.#itemColumn.finish(),
    };
    return this.#times.length > 0 ? { ...columns, times: Float64Array.from(this.#times) } : columns;
  }
}

function intern(ids: Map<string, number>, token: string): number {
  const known = ids.get(token);
  if (known !== undefined) return known;
  ids.set(token, ids.size);
  return ids.size - 1;
}

/** A growing column of 32-bit integers. */
export class Int32Column {
  #data = new Int32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#data.length) {
      const grown = new Int32Array(this.#data.length * 2);
      grown.set(this.#data);
      this.#data = grown;
    }
    this.#data[this.length++] = value;
  }

  finish(): Int32Array {
    return this.#data.slice(0, this.length);
  }
}
