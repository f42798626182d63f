// Generated shops in which one column alone tells what comes next: a model of items has to guess what a model of that column knows.
import { createVocabulary, type Dataset, type Field } from '@difsr/data';
import { normal, randomInts, streamId, uniformAt, type RandomKey } from '@difsr/graph';

/** Columns that a process may go by. */
export const PROCESSES = ['vector', 'numeric', 'event'] as const;
/** One of {@link PROCESSES}. */
export type Process = (typeof PROCESSES)[number];

/** Sizes that leave a model of items something to learn, and not enough of it. */
interface Sizes {
  readonly users: number;
  readonly items: number;
  /** Purchases of a user. */
  readonly length: number;
  /** Items that belong together, by their vector or their number. */
  readonly group: number;
}

const SIZES: Readonly<Record<Process, Sizes>> = {
  vector: { users: 600, items: 2000, length: 6, group: 20 },
  numeric: { users: 300, items: 1024, length: 6, group: 32 },
  event: { users: 800, items: 100, length: 12, group: 1 },
};
const WIDTH = 16;
const CHANNELS = 4;
/** Share of the steps that follow the process; the others are anything. */
const LAWFUL = 0.9;

/**
 * A shop. `vector`, `numeric`: a user stays among items whose embeddings point the same way, or whose prices are next to each other, in
 * no order; nothing else tells them, and an item is bought about twice in all. `event`: each purchase has a channel; what follows is the
 * item that goes with the one bought last through the channel of the last purchase.
 */
export function generateProcess(process: Process, seed: number): Dataset {
  const { users, items: itemCount, length, group: size } = SIZES[process];
  const key = (name: string): RandomKey => ({ seed, step: 0, stream: streamId(`process.${name}`) });
  const groups = itemCount / size;
  // Items are dealt to groups at random: their numbers say nothing.
  const order = shuffled(key('groups'), itemCount);
  const members = (group: number): number[] => order.slice(group * size, (group + 1) * size);
  const follower = shuffled(key('followers'), itemCount);
  const draw = (name: string): ((below: number) => number) => {
    let at = 0;
    return (below: number): number => Math.floor(uniformAt(key(name), at++) * below);
  };
  const next = draw('steps');
  const items = new Int32Array(users * length);
  const channels = new Int32Array(users * length);
  for (let user = 0; user < users; user++) {
    const group = next(groups);
    const own = members(group);
    for (let place = 0; place < length; place++) {
      const at = user * length + place;
      channels[at] = 1 + next(CHANNELS);
      const lawful = next(1000) < LAWFUL * 1000;
      items[at] =
        1 + (process === 'event' ? followed(at, place, lawful) : lawful ? (own[next(size)] ?? 0) : next(itemCount));
    }
  }
  function followed(at: number, place: number, lawful: boolean): number {
    if (!lawful || place === 0) return next(itemCount);
    // What was bought before through the channel of the last purchase.
    const channel = channels[at - 1];
    for (let back = 2; back <= place; back++)
      if (channels[at - back] === channel) return follower[(items[at - back] ?? 1) - 1] ?? 0;
    return follower[(items[at - 1] ?? 1) - 1] ?? 0;
  }
  return {
    name: `process-${process}`,
    format: 'generated',
    users: createVocabulary(Array.from({ length: users }, (_, i) => `user-${i + 1}`)),
    items: createVocabulary(Array.from({ length: itemCount }, (_, i) => `item-${i + 1}`)),
    sequences: { offsets: Int32Array.from({ length: users + 1 }, (_, i) => i * length), items },
    fields: [fieldOf(process)],
    report: [],
  };
  function fieldOf(name: Process): Field {
    switch (name) {
      case 'vector': {
        const directions = normal(key('directions'), groups * WIDTH);
        const noise = normal(key('noise'), itemCount * WIDTH);
        const values = new Float32Array((itemCount + 1) * WIDTH).fill(Number.NaN, 0, WIDTH);
        order.forEach((item, place) => {
          for (let i = 0; i < WIDTH; i++)
            values[(item + 1) * WIDTH + i] =
              (directions[Math.floor(place / size) * WIDTH + i] ?? 0) + 0.3 * (noise[item * WIDTH + i] ?? 0);
        });
        return { name: 'embedding', owner: 'item', kind: 'vector', width: WIDTH, values };
      }
      case 'numeric': {
        const cents = randomInts(key('cents'), itemCount, 100);
        const values = new Float32Array(itemCount + 1).fill(Number.NaN, 0, 1);
        order.forEach((item, place) => (values[item + 1] = Math.floor(place / size) + (cents[item] ?? 0) / 100));
        return { name: 'price', owner: 'item', kind: 'numeric', values };
      }
      case 'event': {
        const vocabulary = createVocabulary(Array.from({ length: CHANNELS }, (_, i) => `channel-${i + 1}`));
        const offsets = Int32Array.from({ length: items.length + 1 }, (_, i) => i);
        return {
          name: 'channel',
          owner: 'interaction',
          kind: 'categorical',
          vocabulary,
          offsets,
          values: channels,
          maxValues: 1,
        };
      }
    }
  }
}

/** 0 .. count - 1 in random order. */
function shuffled(key: RandomKey, count: number): number[] {
  return Array.from({ length: count }, (_, i) => i).sort((a, b) => uniformAt(key, a) - uniformAt(key, b));
}
