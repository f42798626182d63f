// The split of a data set as positions in its column of items, instead of as copies: the same rules as split.ts (a test compares them).
// An index with `!` is in range by construction.
import { historyParts, TRAIN } from './split.js';

/** Positions in a column: 32-bit integers while they suffice, else float64 (exact up to 2^53). */
export type Positions = Int32Array | Float64Array;

/** One sequence per user: the items from position `begins[u]` up to `ends[u]`. */
export interface SequenceRanges {
  readonly begins: Positions;
  readonly ends: Positions;
}

/** Cases to rank: the target is the item at `targets[c]`, its history everything from `begins[c]` up to it. */
export interface CaseRanges {
  readonly begins: Positions;
  readonly targets: Positions;
}

/** A split by position. Training sequences of a data set with parts lie behind all interactions, where they stand without gaps. */
export interface SplitRanges {
  readonly train: SequenceRanges;
  readonly valid: CaseRanges;
  readonly test: CaseRanges;
}

/** Numbers of parts as in split.ts. */
const VALID = 2;
const TEST = 3;

/** An array for `count` positions that are at most `highest`. */
export function positions(count: number, highest: number): Positions {
  return highest < 2 ** 31 ? new Int32Array(count) : new Float64Array(count);
}

/** The split of sequences with the offsets of `offsets`; leave-one-out where there are no parts. */
export function splitRanges(offsets: Positions, parts?: Uint8Array): SplitRanges {
  if (parts === undefined) return leaveOneOutRanges(offsets);
  const splitter = new PartsSplitter(offsets);
  splitter.push(parts);
  return splitter.finish();
}

function leaveOneOutRanges(offsets: Positions): SplitRanges {
  const users = offsets.length - 1;
  const highest = offsets[users] ?? 0;
  const ends = positions(users, highest);
  const valid = new CaseColumns(highest, users);
  const test = new CaseColumns(highest, users);
  for (let user = 0; user < users; user++) {
    const begin = offsets[user]!;
    const end = offsets[user + 1]!;
    const kept = historyParts(end - begin);
    ends[user] = begin + kept.train;
    if (kept.valid) valid.push(begin, end - 2);
    if (kept.test) test.push(begin, end - 1);
  }
  return { train: { begins: offsets.subarray(0, users), ends }, valid: valid.finish(), test: test.finish() };
}

/** Reads the parts of all interactions, in pieces of any size, and tells where everything is. */
export class PartsSplitter {
  readonly #offsets: Positions;
  readonly #begins: Positions;
  readonly #ends: Positions;
  readonly #valid: CaseColumns;
  readonly #test: CaseColumns;
  #at = 0;
  #user = 0;
  #train: number;

  constructor(offsets: Positions) {
    const users = offsets.length - 1;
    const interactions = offsets[users] ?? 0;
    this.#offsets = offsets;
    this.#begins = positions(users, 2 * interactions);
    this.#ends = positions(users, 2 * interactions);
    this.#valid = new CaseColumns(interactions);
    this.#test = new CaseColumns(interactions);
    this.#train = interactions;
    if (users > 0) this.#begins[0] = interactions;
  }

  /** The parts of the next interactions. */
  push(parts: Uint8Array): void {
    for (let i = 0; i < parts.length; i++, this.#at++) {
      while (this.#at >= this.#offsets[this.#user + 1]!) this.#nextUser();
      const part = parts[i];
      const begin = this.#offsets[this.#user]!;
      if (part === TRAIN) this.#train++;
      // A target without anything before it cannot be ranked for.
      else if (part === VALID && this.#at > begin) this.#valid.push(begin, this.#at);
      else if (part === TEST && this.#at > begin) this.#test.push(begin, this.#at);
    }
  }

  /** The split, after the parts of all interactions. */
  finish(): SplitRanges {
    while (this.#user + 1 < this.#offsets.length) this.#nextUser();
    return {
      train: { begins: this.#begins, ends: this.#ends },
      valid: this.#valid.finish(),
      test: this.#test.finish(),
    };
  }

  #nextUser(): void {
    this.#ends[this.#user] = this.#train;
    this.#user++;
    if (this.#user < this.#begins.length) this.#begins[this.#user] = this.#train;
  }
}

/** Two growing columns of positions. */
class CaseColumns {
  readonly #highest: number;
  #begins: Positions;
  #targets: Positions;
  #used = 0;

  constructor(highest: number, room = 1024) {
    this.#highest = highest;
    this.#begins = positions(room, highest);
    this.#targets = positions(room, highest);
  }

  push(begin: number, target: number): void {
    if (this.#used === this.#begins.length) {
      this.#begins = this.#grown(this.#begins);
      this.#targets = this.#grown(this.#targets);
    }
    this.#begins[this.#used] = begin;
    this.#targets[this.#used++] = target;
  }

  finish(): CaseRanges {
    return { begins: this.#begins.slice(0, this.#used), targets: this.#targets.slice(0, this.#used) };
  }

  #grown(full: Positions): Positions {
    const grown = positions(2 * full.length + 1, this.#highest);
    grown.set(full);
    return grown;
  }
}
