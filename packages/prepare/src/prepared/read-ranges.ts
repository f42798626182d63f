// Reads many ranges of a column of a file: neighbours in one read, several reads at once.
// An index with `!` is in range by construction.
import type { FileHandle } from 'node:fs/promises';
import { sumOf } from '@difsr/data/internal';

/** Ranges that lie closer than this (a page of the file system) are read together, gap included. */
const GAP_BYTES = 4096;
/** A joint read is no longer than this. */
const MOST_BYTES = 1 << 20;
/** Reads under way at once: enough to keep a disk busy, few enough to keep memory small. */
const AT_ONCE = 32;

/** Where a column is in a file. */
export interface ColumnPlace {
  /** Byte at which it begins. */
  readonly origin: number;
  /** Bytes of one position. */
  readonly size: number;
}

/**
 * Reads the bytes of `lengths[i]` positions from `begins[i]` on, for every i, into one buffer, end to end.
 *
 * @throws Error of the file system, or where the file ends too early
 */
export async function readRanges(
  handle: FileHandle,
  { origin, size }: ColumnPlace,
  begins: ArrayLike<number>,
  lengths: ArrayLike<number>,
): Promise<ArrayBuffer> {
  const read = new Uint8Array(sumOf(lengths) * size);
  const places = new Float64Array(begins.length); // where range i goes
  for (let i = 1; i < begins.length; i++) places[i] = places[i - 1]! + lengths[i - 1]! * size;
  const order = Int32Array.from(begins, (_, i) => i).sort((a, b) => begins[a]! - begins[b]! || a - b);
  const groups = groupsOf(order, begins, lengths, size);
  let next = 0;
  const work = async (): Promise<void> => {
    for (;;) {
      const group = groups[next++];
      if (group === undefined) return;
      const [first = 0, after = 0] = group;
      await readGroup(order.subarray(first, after));
    }
  };
  const readGroup = async (members: Int32Array): Promise<void> => {
    const begin = begins[members[0]!]!;
    const bytes = (i: number): number => lengths[i]! * size;
    const [only, second] = members;
    if (only !== undefined && second === undefined) {
      await readInto(handle, read.subarray(places[only]!, places[only]! + bytes(only)), origin + begin * size);
      return;
    }
    const end = members.reduce((most, i) => Math.max(most, begins[i]! + lengths[i]!), begin);
    const joint = new Uint8Array((end - begin) * size);
    await readInto(handle, joint, origin + begin * size);
    for (const i of members) {
      const from = (begins[i]! - begin) * size;
      read.set(joint.subarray(from, from + bytes(i)), places[i]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, groups.length) }, work));
  return read.buffer;
}

/** Runs `[first, after)` of `order` that are read together. */
function groupsOf(
  order: Int32Array,
  begins: ArrayLike<number>,
  lengths: ArrayLike<number>,
  size: number,
): [number, number][] {
  const groups: [number, number][] = [];
  let first = 0;
  let end = 0;
  for (let at = 0; at < order.length; at++) {
    const begin = begins[order[at]!]!;
    const after = begin + lengths[order[at]!]!;
    const from = begins[order[first]!]!;
    const apart = (begin - end) * size > GAP_BYTES || (Math.max(end, after) - from) * size > MOST_BYTES;
    if (at > first && apart) {
      groups.push([first, at]);
      first = at;
      end = after;
    } else end = at === first ? after : Math.max(end, after);
  }
  if (first < order.length) groups.push([first, order.length]);
  return groups;
}

async function readInto(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(bytes.length - done, 1 << 30), position + done);
    if (bytesRead === 0) throw new Error('the file ends too early');
    done += bytesRead;
  }
}
