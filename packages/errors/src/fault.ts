// What is wrong, as data; and the one base class of all our errors.
import { inCode, say, type Show, type Text } from './text.js';

/** One thing that is wrong. */
export interface Fault {
  /** What is wrong, with the value and what was allowed. */
  readonly what: Text;
  /** Where: a file, a folder, a function. */
  readonly where?: Text | undefined;
  /** The option that is wrong, by its name in code: `includeNew`, `columns.time`. */
  readonly option?: string | undefined;
  readonly cure?: Text | undefined;
}

/**
 * An error by its faults. `message` writes them as code does; whoever shows errors elsewhere writes them with `describeFaults`. Where one
 * fault is enough, `what`, `where`, `option` and `cure` are those of the first.
 *
 * @example
 * ```ts
 * class ShopError extends DifsrError {
 *   override readonly name = 'ShopError';
 * }
 * throw new ShopError({ where: 'orders.csv', what: 'is empty', cure: 'name another file' });
 * ```
 */
export class DifsrError extends Error {
  override readonly name: string = 'DifsrError';
  /** At least one. */
  readonly faults: readonly Fault[];
  /** Number of faults that were found, those that are not listed included. */
  readonly total: number;

  /** @param fault words alone where there is neither place nor cure */
  constructor(fault: Text | Fault | readonly Fault[], options: ErrorOptions & { readonly total?: number } = {}) {
    const faults = faultsOf(fault);
    const { total = faults.length, ...rest } = options;
    super(describeFaults({ faults, total }), rest);
    this.faults = faults;
    this.total = total;
  }

  /** What is wrong, of the first fault, as code writes it. */
  get what(): string {
    return this.#first('what') ?? '';
  }

  /** The place of the first fault. */
  get where(): string | undefined {
    return this.#first('where');
  }

  /** The option that the first fault is of. */
  get option(): string | undefined {
    return this.#first('option');
  }

  /** The cure of the first fault, as code writes it. */
  get cure(): string | undefined {
    return this.#first('cure');
  }

  #first(part: keyof Fault): string | undefined {
    const said = this.faults[0]?.[part];
    return said === undefined ? undefined : say(said);
  }
}

function faultsOf(fault: Text | Fault | readonly Fault[]): readonly Fault[] {
  if (isFaults(fault)) return fault;
  return typeof fault === 'object' && 'what' in fault ? [fault] : [{ what: fault }];
}

function isFaults(fault: Text | Fault | readonly Fault[]): fault is readonly Fault[] {
  return Array.isArray(fault) && fault.length > 0 && fault.every((each) => typeof each === 'object' && 'what' in each);
}

/**
 * Faults as they are read: a line for each, then every cure once.
 *
 * @example
 * ```ts
 * describeFaults({ faults: [{ where: 'a.csv', what: 'is empty', cure: 'fill it' }], total: 1 }); // 'a.csv: is empty\n  cure: fill it'
 * ```
 */
export function describeFaults(error: Pick<DifsrError, 'faults' | 'total'>, show: Show = inCode): string {
  const lines = error.faults.map(({ where, what }) =>
    where === undefined ? say(what, show) : `${say(where, show)}: ${say(what, show)}`,
  );
  const more = error.total - lines.length;
  if (more > 0) lines.push(`... and ${more} more problems (${error.total} in all)`);
  const cures = error.faults.flatMap(({ cure }) => (cure === undefined ? [] : [say(cure, show)]));
  return [...lines, ...[...new Set(cures)].map((cure) => `  cure: ${cure}`)].join('\n');
}

/** The same fault, said of a place: `request 3: ..`. */
export function faultAt(place: string, fault: Fault): Fault {
  return { ...fault, where: fault.where === undefined ? place : [place, ': ', ...[fault.where].flat()] };
}
