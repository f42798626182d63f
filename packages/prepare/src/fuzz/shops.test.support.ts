// Small shops whose right data set is known: a log of interactions, mostly a catalogue, sometimes users, as values and not yet as files.
// How they are written is writing.test.support.ts; what is done to that is spellings.test.support.ts.
import type { RandomStream } from '@difsr/data/internal';

/** What a cell means; `null`: nothing is known. */
export type Value = string | number | readonly string[] | null;

/**
 * What a column holds. Ids, times (seconds since 1970) and titles play their roles; numbers, categories and lists are attributes; fillers
 * mean nothing, and nothing may be made of them.
 */
export type ColumnKind = 'user' | 'item' | 'time' | 'title' | 'number' | 'category' | 'list' | 'path' | 'filler';

/** One column of a table. */
export interface Column {
  readonly kind: ColumnKind;
  /** Its name, word by word. */
  readonly words: readonly string[];
  readonly values: readonly Value[];
  /** A column of the log that describes the item, and has one value for each. */
  readonly ofItem?: true;
}

/** Rows as columns; those of a log stand in the order of time. */
export interface Table {
  readonly rows: number;
  readonly columns: readonly Column[];
}

/** A shop. */
export interface Shop {
  readonly log: Table;
  readonly items?: Table;
  readonly users?: Table;
  /** Times are whole days. */
  readonly daily: boolean;
}

/** One of a list. */
export function pick<T>(random: RandomStream, list: readonly T[]): T {
  const chosen = list[random.integer(list.length)];
  if (chosen === undefined) throw new Error('nothing to pick from');
  return chosen;
}

/** The numbers below `length` in a random order. */
export function shuffled(random: RandomStream, length: number): number[] {
  const order = Array.from({ length }, (_, index) => index);
  for (let at = length - 1; at > 0; at--) {
    const other = random.integer(at + 1);
    [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
  }
  return order;
}

/** Names of columns by what they hold. */
const NAMES = {
  user: ['user id', 'user', 'customer id', 'visitor id', 'client id', 'member id', 'customer'],
  email: ['email', 'customer email', 'user email'],
  item: ['item id', 'product id', 'sku', 'item', 'article id', 'asin', 'movie id'],
  time: ['timestamp', 'time', 'event time', 'created at', 'date', 'order date', 'ts'],
  rating: ['rating', 'score', 'stars'],
  quantity: ['quantity', 'qty', 'order quantity'],
  paid: ['revenue', 'price paid', 'unit price', 'order amount'],
  channel: ['channel', 'event type', 'device', 'payment method'],
  flag: ['has video', 'repeat customer', 'is gift', 'in app'],
  brand: ['brand', 'brand name', 'manufacturer', 'maker', 'vendor'],
  price: ['price', 'list price', 'price eur'],
  list: ['categories', 'tags', 'genres', 'labels'],
  path: ['category', 'category path', 'department'],
  title: ['title', 'product name', 'name', 'product title'],
  country: ['country', 'region', 'segment'],
  age: ['age'],
} as const;

const BRANDS = [
  ['Lumo', 'Nord', 'Häfele', 'Zed', '3M', 'Kiwi'],
  ['Acme, Inc.', 'Foo, Inc.', 'Lumo', 'Bar, Ltd.', 'Nord'],
  ['Foo & Sons', 'H&M', 'St. Ives', 'Lumo', 'Black+Decker', 'A/B Goods'],
  ["Dr. Bronner's", "L'Oréal", 'Lumo', "O'Neill", 'Nord Co.', 'Acme, Inc.'],
  ['Tools; More', 'Lumo', 'Nord', 'This|That', 'Zed'],
  ['7 Seas', '4711', 'Lumo', '4YOU', 'Nord'],
] as const;
const TAGS = ['kitchen', 'garden', 'Home Decor', 'Toys & Games', 'Büro', 'sale', 'outdoor', 'baby', 'DIY'] as const;
const PATHS = [
  ['Home', 'Kitchen', 'Knives'],
  ['Home', 'Kitchen', 'Pans'],
  ['Home', 'Garden', 'Chairs'],
  ['Home', 'Garden'],
  ['Sport', 'Outdoor', 'Tents'],
  ['Sport', 'Outdoor', 'Stoves'],
  ['Sport', 'Running'],
] as const;
const CHANNELS = [
  ['web', 'app', 'shop'],
  ['purchase', 'view', 'add to cart'],
  ['Call Center', 'In-Store', 'Online', 'Fax'],
  ['Visa', 'PayPal', 'Rechnung', 'Überweisung'],
] as const;
const COUNTRIES = [
  ['DE', 'FR', 'AT', 'NL'],
  ['Deutschland', 'Österreich', "Côte d'Ivoire", 'Korea, Republic of'],
  ['new', 'loyal', 'lost'],
] as const;
const THINGS = [
  'lamp',
  'tent',
  'stove',
  'chair',
  'knife',
  'Café au lait cup',
  'pan',
  'mat',
  '12" pan',
  'drill',
] as const;

const USER_IDS: readonly ((n: number) => string)[] = [
  (n) => `u${n + 1}`,
  (n) => String(1001 + n * 7),
  (n) => String(n + 1),
  (n) => String(n * 31 + 123).padStart(6, '0'),
  (n) => String(9_007_199_254_740_993n + BigInt(n)),
  (n) => `${['ana', 'ben', 'käthe', 'dave', 'eve'][n % 5] ?? ''}-${n}`,
  (n) => `${(n * 2_654_435_761 + 0xabcdef).toString(16).padStart(12, 'a')}`,
];
const ITEM_IDS: readonly ((n: number) => string)[] = [
  (n) => `i${n + 1}`,
  (n) => String(500 + n * 3),
  (n) => `SKU-${String(n).padStart(4, '0')}`,
  (n) => String(n * 17 + 12_345).padStart(13, '0'),
  (n) => String(9_007_199_254_740_993n + BigInt(n) * 2n),
  (n) => `B00${String(n * 7919 + 1000).padStart(7, 'X')}`,
  (n) => `größe-${n}`,
  (n) => `${n + 1}/a`,
];

/** A shop of the numbers that the stream gives. */
export function drawShop(random: RandomStream): Shop {
  const named = (key: keyof typeof NAMES): string[] => pick(random, NAMES[key]).split(' ');
  const users = 6 + random.integer(9);
  const items = 24 + random.integer(16);
  const rows = 50 + random.integer(90);
  const byEmail = random.chance(0.12);
  const userId = pick(random, USER_IDS);
  const user = (n: number): string => (byEmail ? `kunde.${n + 1}@shop.example` : userId(n));
  const item = pick(random, ITEM_IDS);
  const timed = random.chance(0.8);
  const daily = timed && random.chance(0.25);
  const holes = (): number => pick(random, [0, 0, 0.08, 0.25]);
  const column = (
    kind: ColumnKind,
    words: readonly string[],
    length: number,
    draw: (row: number) => Value,
    missing = 0,
  ): Column => ({
    kind,
    words,
    values: Array.from({ length }, (_, row) => (row >= 6 && random.chance(missing) ? null : draw(row))),
  });
  // The first rows go through the values in turn, so that a column never has one value alone.
  const among =
    <T>(list: readonly T[]) =>
    (row: number): T =>
      row < list.length ? (list[row] ?? pick(random, list)) : pick(random, list);
  const log: Column[] = [];
  // Everybody and most items occur; a few only in the log, a few only in the catalogue.
  log.push(
    column('user', named(byEmail ? 'email' : 'user'), rows, (row) => user(row < users ? row : random.integer(users))),
  );
  const itemWords = named('item');
  log.push(column('item', itemWords, rows, (row) => item(row < 20 ? row : random.integer(items - 2))));
  if (timed) {
    let time = 1_400_000_000 + random.integer(300_000_000);
    if (daily) time -= time % 86_400;
    log.push(
      column('time', named('time'), rows, () => {
        time += daily ? 86_400 * (1 + random.integer(3)) : 1 + random.integer(100_000);
        return time;
      }),
    );
  }
  const halves = random.chance(0.3);
  if (random.chance(0.5))
    log.push(
      column(
        'number',
        named('rating'),
        rows,
        () => (halves ? (1 + random.integer(9)) / 2 : 1 + random.integer(5)),
        holes(),
      ),
    );
  if (random.chance(0.4)) {
    const least = pick(random, [1, 1, 0, -2]);
    log.push(column('number', named('quantity'), rows, () => least + random.integer(9), holes()));
  }
  if (random.chance(0.4)) log.push(column('number', named('paid'), rows, money(random), holes()));
  if (random.chance(0.5)) log.push(column('category', named('channel'), rows, among(pick(random, CHANNELS)), holes()));
  if (random.chance(0.25)) log.push(column('category', named('flag'), rows, among(['0', '1'])));
  const catalogue: Column[] = [];
  if (random.chance(0.85)) {
    catalogue.push(
      column('item', random.chance(0.7) ? itemWords : random.chance(0.5) ? ['id'] : named('item'), items, item),
    );
    if (random.chance(0.8))
      catalogue.push(column('category', named('brand'), items, among(pick(random, BRANDS)), holes()));
    if (random.chance(0.7)) catalogue.push(column('number', named('price'), items, money(random), holes()));
    if (random.chance(0.5)) catalogue.push(column('list', named('list'), items, tags(random), holes()));
    if (random.chance(0.3)) catalogue.push(column('path', named('path'), items, among(PATHS), holes()));
    if (random.chance(0.6)) {
      const comma = random.chance(0.3);
      catalogue.push(
        column('title', named('title'), items, (n) => `${pick(random, THINGS)}${comma ? ', large' : ''} No. ${n + 1}`),
      );
    }
  }
  // A log without a catalogue may carry it.
  if (catalogue.length < 2 && random.chance(0.6)) {
    const things = log[1]?.values ?? [];
    const described = (words: readonly string[], kind: ColumnKind, value: (item: number) => Value): Column => {
      const ids = [...new Set(things)];
      const own = ids.map((_, n) => value(n));
      return { kind, words, values: things.map((id) => own[ids.indexOf(id)] ?? null), ofItem: true };
    };
    log.push(described(named('brand'), 'category', among(pick(random, BRANDS))));
    if (random.chance(0.5)) log.push(described(named('list'), 'list', tags(random)));
    if (random.chance(0.5)) log.push(described(named('title'), 'title', (n) => `${pick(random, THINGS)} No. ${n + 1}`));
  }
  const people: Column[] = [];
  if (random.chance(0.15)) {
    people.push(column('user', log[0]?.words ?? [], users, user));
    people.push(column('category', named('country'), users, among(pick(random, COUNTRIES))));
    if (random.chance(0.5)) people.push(column('number', named('age'), users, (n) => 18 + n + random.integer(50)));
  }
  return {
    log: { rows, columns: log },
    ...(catalogue.length < 2 ? {} : { items: { rows: items, columns: catalogue } }),
    ...(people.length === 0 ? {} : { users: { rows: users, columns: people } }),
    daily,
  };
}

/** Prices: of cents, of whole amounts beyond a thousand, or of both. */
function money(random: RandomStream): () => number {
  const [most, cents] = pick(random, [
    [100, true],
    [100, true],
    [9999, true],
    [9999, false],
    [2_500_000, true],
  ] as const);
  return () => {
    const whole = 1 + random.integer(most);
    return cents ? (whole * 100 + random.integer(100)) / 100 : whole;
  };
}

/** One to three tags, different ones. */
function tags(random: RandomStream): () => readonly string[] {
  return () =>
    shuffled(random, TAGS.length)
      .slice(0, 1 + random.integer(3))
      .map((index) => TAGS[index] ?? '');
}
