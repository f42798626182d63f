// The generated data set as a log in order of time, in blocks of rows: a crowd of users is in the shop at once, at every tick of the clock one of
// them buys the next item of their history, and who has reached its end makes room for the next user. So the rows of users are mixed, and
// memory is a matter of the crowd, not of the log.
import {
  type Catalogue,
  createHistories,
  type GenerateSettings,
  LONGEST_HISTORY,
  randomStream,
} from '@difsr/data/internal';

/** Users in the shop at once. */
const CROWD = 131_072;
/** Most rows of a block. */
export const BLOCK_ROWS = 65_536;
/** 2021-01-01, and two years of seconds. */
const BEGINS = 1_609_459_200;
const LASTS = 63_072_000;
/** The stream of the order; users have those from 1 on. */
const ORDER_STREAM = -1;

/** Rows of the log; the arrays are used again for the next block. */
export interface LogBlock {
  readonly rows: number;
  /** From 0. */
  readonly users: Int32Array;
  /** From 0. */
  readonly items: Int32Array;
  /** Whole seconds since 1970, never going back. */
  readonly times: Float64Array;
}

/** The log of the data set that `generateDataset` gives for the same settings: the same items of every user in the same order. */
export function* generatedLog(catalogue: Catalogue, settings: GenerateSettings): Generator<LogBlock> {
  const histories = createHistories(catalogue, settings);
  const random = randomStream(settings.seed, ORDER_STREAM);
  const crowd = Math.min(CROWD, settings.users);
  const user = new Int32Array(crowd);
  const next = new Int32Array(crowd);
  const end = new Int32Array(crowd);
  const bought = new Int32Array(crowd * LONGEST_HISTORY);
  let users = 0;
  const enter = (place: number): void => {
    const from = place * LONGEST_HISTORY;
    user[place] = users;
    next[place] = from;
    end[place] = from + histories.fill(users++, bought, from);
  };
  for (let place = 0; place < crowd; place++) enter(place);
  const block = {
    users: new Int32Array(BLOCK_ROWS),
    items: new Int32Array(BLOCK_ROWS),
    times: new Float64Array(BLOCK_ROWS),
  };
  // Twice the mean, as the steps of the clock are even between 0 and this.
  const longestStep = (2 * LASTS) / (settings.users * Math.max(settings.minLength, settings.meanLength));
  let clock = BEGINS;
  let present = crowd;
  let rows = 0;
  while (present > 0) {
    const place = random.integer(present);
    clock += random.uniform() * longestStep;
    const at = next[place]!;
    block.users[rows] = user[place]!;
    block.items[rows] = bought[at]!;
    block.times[rows++] = Math.floor(clock);
    next[place] = at + 1;
    if (at + 1 === end[place]) {
      if (users < settings.users) enter(place);
      else leave(place, --present);
    }
    if (rows < BLOCK_ROWS) continue;
    yield { rows, ...block };
    rows = 0;
  }
  if (rows > 0) yield { rows, ...block };

  /** The last one present takes the place that is free. */
  function leave(place: number, last: number): void {
    user[place] = user[last]!;
    next[place] = next[last]!;
    end[place] = end[last]!;
  }
}
