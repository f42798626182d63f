// A shop in which the last item of one of some categories decides what comes next: after a camera of any brand come films for it, whatever
// was bought in between. Colours of items mean nothing, most items are anything.
import { createVocabulary, type CategoricalField, type Dataset } from '@difsr/data';
import { streamId, uniformAt } from '@difsr/graph';

/** Categories that decide, each with one that follows from it; and those that neither decide nor follow. */
const PAIRS = 6;
const OTHERS = 6;
const OF_EACH = 30;
const COLOURS = 8;
const CATEGORIES = 2 * PAIRS + OTHERS;
const ITEMS = CATEGORIES * OF_EACH;
/** Of a step: it is of a deciding category; else, of what follows from the latest of these. */
const DECIDES = 0.15;
const FOLLOWS = 0.35;

/** What a history is, and what decides what follows it. */
export interface Case {
  readonly history: readonly string[];
  /** Place of the event that decides. */
  readonly cause: number;
  /** The category that follows. */
  readonly follows: string;
}

/** Item `i` (from 0 on) is of this category. */
const categoryOf = (item: number): number => Math.floor(item / OF_EACH);
const token = (item: number): string => `item-${item + 1}`;
const categoryName = (category: number): string =>
  category < PAIRS
    ? `deciding-${category}`
    : category < 2 * PAIRS
      ? `following-${category - PAIRS}`
      : `other-${category}`;

/** The category of an item, by its token. */
export function categoryOfItem(id: string): string {
  return categoryName(categoryOf(Number(id.slice('item-'.length)) - 1));
}

function drawing(name: string, seed: number): (below: number) => number {
  let at = 0;
  return (below) => Math.floor(uniformAt({ seed, step: 0, stream: streamId(name) }, at++) * below);
}

/** The shop's log. */
export function plantedShop(seed: number, users = 3000, length = 12): Dataset {
  const next = drawing('planted.log', seed);
  const items = new Int32Array(users * length);
  for (let user = 0; user < users; user++) {
    let decided: number | undefined;
    for (let place = 0; place < length; place++) {
      const share = next(1000) / 1000;
      let category = 2 * PAIRS + next(OTHERS);
      if (share < DECIDES) category = decided = next(PAIRS);
      else if (decided !== undefined && share < DECIDES + (1 - DECIDES) * FOLLOWS) category = PAIRS + decided;
      items[user * length + place] = 1 + category * OF_EACH + next(OF_EACH);
    }
  }
  const colour = drawing('planted.colours', seed);
  return {
    name: 'planted',
    format: 'generated',
    users: createVocabulary(Array.from({ length: users }, (_, i) => `user-${i + 1}`)),
    items: createVocabulary(Array.from({ length: ITEMS }, (_, i) => token(i))),
    sequences: { offsets: Int32Array.from({ length: users + 1 }, (_, i) => i * length), items },
    fields: [
      fieldOf(
        'category',
        Array.from({ length: CATEGORIES }, (_, i) => categoryName(i)),
        categoryOf,
      ),
      fieldOf(
        'colour',
        Array.from({ length: COLOURS }, (_, i) => `colour-${i}`),
        () => colour(COLOURS),
      ),
    ],
    report: [],
  };
}

function fieldOf(name: string, values: readonly string[], of: (item: number) => number): CategoricalField {
  return {
    name,
    owner: 'item',
    kind: 'categorical',
    vocabulary: createVocabulary(values),
    offsets: Int32Array.from({ length: ITEMS + 2 }, (_, i) => Math.max(0, i - 1)),
    values: Int32Array.from({ length: ITEMS }, (_, item) => 1 + of(item)),
    maxValues: 1,
  };
}

/**
 * Histories that were not trained on. The event that decides is the only one that tells: no item that follows from it and none of its own
 * category stands beside it, else leaving it out would change nothing.
 */
export function plantedCases(count: number, seed: number, length = 8): Case[] {
  const next = drawing('planted.cases', seed);
  return Array.from({ length: count }, () => {
    const cause = next(length);
    const decided = next(PAIRS);
    const history = Array.from({ length }, (_, place) => {
      // Before it there may be others that decided then.
      const another = place < cause && next(10) === 0;
      const category =
        place === cause ? decided : another ? (decided + 1 + next(PAIRS - 1)) % PAIRS : 2 * PAIRS + next(OTHERS);
      return token(category * OF_EACH + next(OF_EACH));
    });
    return { history, cause, follows: categoryName(PAIRS + decided) };
  });
}
