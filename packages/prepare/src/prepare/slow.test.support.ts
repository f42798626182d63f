// What preparing means, once more and slowly: plain loops over objects, written from the documentation and not from the pipeline.

/** A row of a random log; every cell is text, empty where it is missing. */
export interface LogRow {
  readonly user: string;
  readonly item: string;
  readonly time: string;
  readonly rating: string;
}

/** A row of a random catalogue. */
export interface CatalogueRow {
  readonly id: string;
  readonly category: string;
  readonly tags: readonly string[];
}

/** A condition in SQL and the same in TypeScript. */
export interface Condition {
  readonly sql: string;
  readonly keeps: (row: Kept) => boolean;
}

/** A condition on the catalogue, likewise. */
export interface CatalogueCondition {
  readonly sql: string;
  readonly keeps: (row: CatalogueRow) => boolean;
}

/** What is asked for. */
export interface Plan {
  readonly interactions?: Condition | undefined;
  readonly items?: CatalogueCondition | undefined;
  readonly timeFrom?: number | undefined;
  readonly timeTo?: number | undefined;
  readonly duplicates: 'keep' | 'exact' | 'first' | 'last';
  readonly gap?: number | undefined;
  readonly userMin?: number | undefined;
  readonly userMax?: number | undefined;
  readonly itemMin?: number | undefined;
  readonly itemMax?: number | undefined;
}

/** An interaction that is kept. */
export interface Kept {
  readonly user: string;
  readonly item: string;
  readonly time: number;
  readonly rating: number | null;
  /** Place in the files. */
  readonly row: number;
}

/** What must come out. */
export interface Outcome {
  readonly bad: number;
  /** Users by first appearance, each with its interactions in order. */
  readonly histories: ReadonlyMap<string, readonly Kept[]>;
  /** Items by first appearance, then those of the catalogue that have none where they may stay. */
  readonly items: readonly string[];
}

const byTime = (a: Kept, b: Kept): number => a.time - b.time || a.row - b.row;

/** Prepares by hand. */
export function slowly(log: readonly LogRow[], catalogue: readonly CatalogueRow[], plan: Plan): Outcome {
  const first = new Map<string, CatalogueRow>();
  for (const row of catalogue) if (!first.has(row.id)) first.set(row.id, row);
  let bad = 0;
  let kept: Kept[] = [];
  for (const [row, { user, item, time, rating }] of log.entries()) {
    const usable = user !== '' && item !== '' && isNumber(time) && (rating === '' || isNumber(rating));
    if (!usable) bad++;
    else kept.push({ user, item, time: Number(time), rating: rating === '' ? null : Number(rating), row });
  }
  const { interactions, items: wantedItem, timeFrom = -Infinity, timeTo = Infinity } = plan;
  if (interactions !== undefined) kept = kept.filter((row) => interactions.keeps(row));
  if (wantedItem !== undefined) {
    for (const [id, row] of first) if (!wantedItem.keeps(row)) first.delete(id);
    kept = kept.filter(({ item }) => first.has(item));
  }
  const mentioned = new Set(kept.map(({ item }) => item));
  kept = kept.filter(({ time }) => time >= timeFrom && time <= timeTo);
  kept = dropRepeats(kept, plan.duplicates);
  if (plan.gap !== undefined) kept = cutAtGaps(kept, plan.gap);
  kept = core(kept, plan);
  const histories = new Map<string, Kept[]>();
  const items = new Set<string>();
  for (const row of kept) {
    histories.set(row.user, [...(histories.get(row.user) ?? []), row]);
    items.add(row.item);
  }
  for (const history of histories.values()) history.sort(byTime);
  if ((plan.itemMin ?? 0) < 1) {
    const unused = [...first.keys()].filter((id) => !items.has(id));
    for (const id of unused) if (mentioned.has(id)) items.add(id);
    for (const id of unused) items.add(id);
  }
  return { bad, histories, items: [...items] };
}

function isNumber(cell: string): boolean {
  return cell.trim() !== '' && Number.isFinite(Number(cell));
}

function dropRepeats(rows: readonly Kept[], policy: Plan['duplicates']): Kept[] {
  if (policy === 'keep') return [...rows];
  const chosen = new Map<string, Kept>();
  for (const row of [...rows].sort(byTime)) {
    const key = JSON.stringify([row.user, row.item, ...(policy === 'exact' ? [row.time] : [])]);
    if (policy === 'last' || !chosen.has(key)) chosen.set(key, row);
  }
  const numbers = new Set([...chosen.values()].map(({ row }) => row));
  return rows.filter(({ row }) => numbers.has(row));
}

function cutAtGaps(rows: readonly Kept[], gap: number): Kept[] {
  const session = new Map<number, number>();
  const last = new Map<string, { time: number; session: number }>();
  for (const row of [...rows].sort(byTime)) {
    const before = last.get(row.user);
    const own = before === undefined ? 1 : row.time - before.time > gap ? before.session + 1 : before.session;
    session.set(row.row, own);
    last.set(row.user, { time: row.time, session: own });
  }
  return rows.map((row) => {
    const number = session.get(row.row) ?? 1;
    return number === 1 ? row : { ...row, user: `${row.user}#${number}` };
  });
}

function core(
  rows: readonly Kept[],
  { userMin = 0, userMax = Infinity, itemMin = 0, itemMax = Infinity }: Plan,
): Kept[] {
  let kept = [...rows];
  for (;;) {
    const users = countBy(kept.map(({ user }) => user));
    const items = countBy(kept.map(({ item }) => item));
    const left = kept.filter(({ user, item }) => {
      const ofUser = users.get(user) ?? 0;
      const ofItem = items.get(item) ?? 0;
      return ofUser >= userMin && ofUser <= userMax && ofItem >= itemMin && ofItem <= itemMax;
    });
    if (left.length === kept.length) return kept;
    kept = left;
  }
}

/** How often each value occurs. */
export function countBy(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
