// All trained parameters as one vector, and who updates which part of it.
import { sizeOf, statePacks, type HostTensor, type Parameter } from '@difsr/graph';
import type { Range } from './collective.js';

/** A stretch of the vector whose elements are updated alike. */
export interface Area extends Range {
  readonly name: string;
  readonly decay: boolean;
  readonly group?: string;
}

/** A tensor in the vector. */
export interface Place {
  readonly name: string;
  readonly start: number;
  readonly shape: readonly number[];
}

/** Where everything lies. */
export interface Layout {
  /** Elements of the vector. */
  readonly length: number;
  readonly areas: readonly Area[];
  readonly parameters: readonly Place[];
  /** Where the state of the optimizer lies, that is as long: `adam.m.NAME` of each. */
  readonly packs: readonly Place[];
}

/** The layout of parameters, those that are frozen left out: packs of one area lie side by side. */
export function layoutOf(parameters: readonly Parameter[]): Layout {
  const packs = statePacks(parameters.filter(({ trainable }) => trainable));
  const kinds = new Map(
    packs.map((pack) => [`${pack.decay ? 'decay' : 'plain'}${pack.group === undefined ? '' : `@${pack.group}`}`, pack]),
  );
  const areas: Area[] = [];
  const places: Place[] = [];
  const states: Place[] = [];
  let at = 0;
  for (const [name, { decay, group }] of kinds) {
    const start = at;
    for (const pack of packs.filter((each) => each.decay === decay && each.group === group)) {
      const begin = at;
      for (const { parameter, shape } of pack.members) {
        places.push({ name: parameter.name, start: at, shape });
        at += sizeOf(shape);
      }
      const [only, second] = pack.members;
      const shape = only !== undefined && second === undefined ? only.shape : [at - begin];
      states.push({ name: pack.name, start: begin, shape });
    }
    areas.push({ name, start, end: at, decay, ...(group === undefined ? {} : { group }) });
  }
  return { length: at, areas, parameters: places, packs: states };
}

/** The areas of each of several workers: equal shares of each. */
export function sharesOf({ areas }: Layout, size: number): readonly (readonly Area[])[] {
  const cut = ({ start, end }: Range, part: number): number => start + Math.floor(((end - start) * part) / size);
  return Array.from({ length: size }, (_, rank) =>
    areas
      .map((area) => ({ ...area, start: cut(area, rank), end: cut(area, rank + 1) }))
      .filter(({ start, end }) => end > start),
  );
}

/** The tensors at places of a vector; copies. */
export function tensorsAt(
  places: readonly Place[],
  vector: Float32Array | Float64Array,
  nameOf: (name: string) => string = (name) => name,
): Record<string, HostTensor> {
  return Object.fromEntries(
    places.map(({ name, start, shape }) => [
      nameOf(name),
      { dtype: 'float32', shape, data: vector.slice(start, start + sizeOf(shape)) },
    ]),
  );
}
