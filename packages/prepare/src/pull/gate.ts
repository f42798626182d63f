// What every member of an archive passes: names, kinds, and how many bytes there may be.
import { PullError } from './errors.js';
import { foldedName, safeParts } from './names.js';

/** How much an archive may unpack to. */
export interface UnpackLimits {
  /** Times the packed size; counts from `free` bytes on. Default: 200, far above what text gives. */
  readonly ratio: number;
  /** Bytes that may always be unpacked. Default: 64 MiB. */
  readonly free: number;
  /** Bytes in all. Default: 500 GB. */
  readonly total: number;
}

/** What a form of archive is unpacked with. */
export interface Unpacking {
  readonly archive: string;
  readonly gate: Gate;
  readonly signal?: AbortSignal;
  /** Where to write a wanted member; its folder exists. */
  readonly place: (name: string) => Promise<string>;
}

/** What a member is, beside its name. */
export type MemberKind = 'file' | 'folder' | 'link' | 'device';

/** Every member passes here, wanted or not, and so do the bytes of those that are. */
export class Gate {
  readonly file: string;
  readonly #wanted: ReadonlyMap<string, string>;
  readonly #packed: number;
  readonly #limits: UnpackLimits;
  readonly #seen = new Set<string>();
  readonly #found = new Set<string>();
  readonly #names: string[] = [];
  #unpacked = 0;

  constructor(file: string, wanted: ReadonlyMap<string, string>, packed: number, limits: UnpackLimits) {
    this.file = file;
    this.#wanted = wanted;
    this.#packed = packed;
    this.#limits = limits;
  }

  /** Judges a member; gives its clean name where it is wanted. @throws PullError */
  member(name: string, kind: MemberKind): string | undefined {
    const parts = partsOf(name, this.file);
    if (kind === 'link' || kind === 'device') throw refused(this.file, `holds a ${kind}`, name);
    if (kind === 'folder') return undefined;
    const folded = foldedName(parts);
    if (this.#seen.has(folded)) throw refused(this.file, 'holds two members of the same name', name);
    this.#seen.add(folded);
    const clean = parts.join('/');
    if (this.#names.length < 8) this.#names.push(clean);
    if (!this.#wanted.has(clean)) return undefined;
    this.#found.add(clean);
    return clean;
  }

  /** Counts unpacked bytes, of this member or (tar) of the whole. @throws PullError if they are out of all proportion */
  count(bytes: number): void {
    this.#unpacked += bytes;
    this.expect(0);
  }

  /** Whether so many more bytes are within the limits. @throws PullError */
  expect(bytes: number): void {
    const { ratio, free, total } = this.#limits;
    const sum = this.#unpacked + bytes;
    if (sum <= free || (sum <= this.#packed * ratio && sum <= total)) return;
    throw refused(this.file, `unpacks to more than ${sum > total ? `${total} bytes` : `${ratio} times its size`}`);
  }

  /** @throws PullError if a wanted member is missing */
  finish(): void {
    const missing = [...this.#wanted.keys()].filter((name) => !this.#found.has(name));
    if (missing.length === 0) return;
    const has = `it has ${this.#names.join(', ') || 'nothing'}${this.#seen.size > this.#names.length ? ', ..' : ''}`;
    throw new PullError(
      'archive',
      this.file,
      `lacks ${missing.join(', ')}; ${has}`,
      'the publisher may have changed it: correct unpack and files in a description of your own',
    );
  }
}

/** An archive that is not touched. */
export function refused(file: string, why: string, member?: string): PullError {
  const which = member === undefined ? '' : ` (${JSON.stringify(member.slice(0, 100))})`;
  const cure = 'nothing was unpacked; check where the archive comes from, and unpack it by hand if you trust it';
  return new PullError('archive', file, `${why}${which}`, cure);
}

/** An archive that cannot be read. */
export function broken(file: string, error: unknown): PullError {
  const why = error instanceof Error ? error.message : String(error);
  return new PullError('archive', file, `is broken: ${why}`, 'remove it and run this again to download it anew');
}

/** The parts of a member's path. @throws PullError if it leads out of the folder */
export function partsOf(name: string, file: string): string[] {
  const parts = safeParts(name);
  if (typeof parts === 'string') throw refused(file, `holds a member whose name ${parts}`, name);
  return parts;
}
