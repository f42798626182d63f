// Which places of a parameter another run's parameter has, too: by token for items and values, by number for positions and for
// the rows that an objective has behind the items. An index with `!` is in range by construction.
import { sizeOf, type HostTensor } from '@difsr/graph';
import type { Axis, AxisMeaning } from './parameter-axes.js';
import type { TakenRows } from './taken.js';

/** Tokens by id; id 0 is none, whatever it is called. */
export interface Tokens {
  readonly items: readonly string[];
  readonly fields: Readonly<Record<string, readonly string[]>>;
}

/** What an axis is of, in words. */
export function titleOf(meaning: AxisMeaning): string {
  return meaning.of === 'values' ? `values of ${meaning.field}` : meaning.of;
}

/** The vocabularies of two runs. */
export class Vocabularies {
  readonly #here: Tokens;
  readonly #there: Tokens;
  readonly #places = new Map<string, Int32Array>();

  constructor(here: Tokens, there: Tokens) {
    this.#here = here;
    this.#there = there;
  }

  /** Tokens by id, here and in the other run; of positions none. */
  tokens(meaning: AxisMeaning): { readonly here: readonly string[]; readonly there: readonly string[] } {
    const of = ({ items, fields }: Tokens): readonly string[] =>
      meaning.of === 'items' ? items : meaning.of === 'values' ? (fields[meaning.field] ?? []) : [];
    return { here: of(this.#here), there: of(this.#there) };
  }

  /** Whether both runs number the same tokens in the same way. */
  equal(meaning: AxisMeaning): boolean {
    const { here, there } = this.tokens(meaning);
    return here.length === there.length && here.every((token, id) => id === 0 || token === there[id]);
  }

  /** For each id here the one there, -1 where there is none. */
  places(meaning: AxisMeaning): Int32Array {
    const key = titleOf(meaning);
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const { here, there } = this.tokens(meaning);
    const ids = new Map(there.slice(1).map((token, i) => [token, i + 1]));
    const places = Int32Array.from(here, (token, id) => (id === 0 ? 0 : (ids.get(token) ?? -1)));
    this.#places.set(key, places);
    return places;
  }
}

/** A value with what another run has of it, and of which axes that is not all; or why nothing is taken. */
export function takeRows(
  value: HostTensor,
  found: HostTensor,
  axes: readonly (Axis | undefined)[],
  vocabularies: Vocabularies,
): { readonly tensor: HostTensor; readonly partly: readonly TakenRows[] } | string {
  const shapes = `shape [${found.shape.join(', ')}] there, [${value.shape.join(', ')}] here`;
  if (found.shape.length !== value.shape.length) return shapes;
  const maps: (Int32Array | undefined)[] = [];
  const partly: TakenRows[] = [];
  for (const [k, rows] of value.shape.entries()) {
    const axis = axes[k];
    const map = axis === undefined ? undefined : placesOf(axis, { here: rows, there: found.shape[k]! }, vocabularies);
    if (typeof map === 'string') return map;
    if (map === undefined && rows !== found.shape[k]) return shapes;
    maps.push(map);
    if (axis === undefined || map === undefined) continue;
    const taken = map.reduce((sum, place) => sum + (place < 0 ? 0 : 1), 0);
    if (taken < rows) partly.push({ of: titleOf(axis.meaning), taken, rows });
  }
  return { tensor: { dtype: 'float32', shape: value.shape, data: placed(value, found, maps) }, partly };
}

/** For each place along an axis here the one there, or -1; undefined where they are the same; a text where that is not known. */
function placesOf(
  { meaning, byOne }: Axis,
  sizes: { readonly here: number; readonly there: number },
  vocabularies: Vocabularies,
): Int32Array | string | undefined {
  const byNumber = (from: Int32Array, offset: number): Int32Array => {
    const places = new Int32Array(sizes.here).fill(-1);
    places.set(from);
    for (let i = from.length; i < sizes.here && offset + i < sizes.there; i++) places[i] = offset + i;
    return places;
  };
  if (meaning.of === 'positions') return byOne ? byNumber(new Int32Array(0), 0) : undefined;
  const { here, there } = vocabularies.tokens(meaning);
  const behind = [sizes.here - here.length, sizes.there - there.length];
  // Behind the items stand the objective's own, such as [MASK]; behind values nothing.
  const fits = behind.every((count) => (meaning.of === 'items' ? count >= 0 : count === 0));
  if (!byOne || !fits)
    return vocabularies.equal(meaning) ? undefined : `other ${titleOf(meaning)}, and whose row is which is not known`;
  const places = vocabularies.places(meaning);
  return places.some((place) => place > 0)
    ? byNumber(places, there.length - here.length)
    : `no ${titleOf(meaning)} in common`;
}

/** The values, with the other run's wherever all axes have a place. */
function placed(
  value: HostTensor,
  found: HostTensor,
  maps: readonly (Int32Array | undefined)[],
): Float32Array | Float64Array {
  // The reference backend computes, and saves, in float64: nothing is rounded on the way.
  const data = found.data instanceof Float64Array ? Float64Array.from(value.data) : Float32Array.from(value.data);
  const mapped = maps.findLastIndex((map) => map !== undefined) + 1;
  const strides = ({ shape }: HostTensor): number[] => maps.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const [here, there] = [strides(value), strides(found)];
  const block = sizeOf(value.shape.slice(mapped)); // both have the same axes from there on
  const copy = (axis: number, to: number, from: number): void => {
    if (axis === mapped) {
      data.set(found.data.subarray(from, from + block), to);
      return;
    }
    for (let i = 0; i < value.shape[axis]!; i++) {
      const place = maps[axis]?.[i] ?? i;
      if (place >= 0) copy(axis + 1, to + i * here[axis]!, from + place * there[axis]!);
    }
  };
  copy(0, 0, 0);
  return data;
}
