// Whether a column of text holds lists, paths, or names that merely have a comma in them. A list's parts lead a life of their own: they
// recur alone, with others, in other places; "Inc." of "Acme, Inc." does not. Decision 0055.

/** How the cells of a column divide into values. */
export type Division =
  | { readonly as: 'list'; readonly separator: string; readonly drop?: readonly string[] }
  | { readonly as: 'path'; readonly path: string; readonly separator?: string }
  /** Many cells hold the separator, but it belongs to the names: one of them as an example. */
  | { readonly as: 'one'; readonly separator: string; readonly example: string };

/** Share of the cells with a value that must hold a separator. */
const SEPARATED = 0.1;
/** Parts longer than this on average are prose. */
const LONGEST_PART = 50;
const URL = /^(https?:)?\/\/|^www\./i;

/** Separators that names rarely hold. */
const RARE_IN_NAMES = ['|', ';'] as const;
/** Separators that names often hold: "Acme, Inc.", "Audio/Video". */
const USUAL_IN_NAMES = [', ', ',', '/'] as const;
/** What stands between the levels of a path and hardly anywhere else; longer ones first. */
const PATH_SIGNS = ['>>', '->', '=>', '>', '»', '›', '→', '::'] as const;
/** What stands between levels, but between other things, too. */
const PATH_PERHAPS = ['/', '\\', '|'] as const;

/** What belongs to the name before it. */
const NAME_ENDING =
  /^(Inc|Incorporated|INC|Ltd|LTD|Limited|LLC|L\.L\.C|LLP|LP|PLC|plc|GmbH|AG|KG|Co|CO|Corp|CORP|Corporation|S\.?A|S\.?A\.?S|S\.?R\.?L|S\.r\.l|S\.p\.A|SpA|B\.?V|N\.?V|Pty|Pty\.? Ltd|Co\.?,? Ltd|Oy|AB|A\/S|Jr|Sr|JR|SR|II|III|IV|Ph\.?D|M\.?D|Esq)\.?$/;

/** Decides how a column divides; undefined where hardly any cell holds a separator. `cells`: those of the sample with a value. */
export function divisionOf(cells: readonly string[]): Division | undefined {
  const path = pathOf(cells, PATH_SIGNS, isSignedPath);
  if (path !== undefined) {
    const separator = betweenPaths(cells, path);
    return { as: 'path', path, ...(separator === undefined ? {} : { separator }) };
  }
  const seen = [...RARE_IN_NAMES, ...USUAL_IN_NAMES].flatMap((separator) => {
    const parts = partsOf(cells, separator);
    if (parts === undefined) return [];
    const evidence = evidenceOf(parts);
    // Where few cells have several parts, these must be values of other cells beyond doubt.
    return isHeld(cells, separator) || evidence.alone >= 0.9 ? [{ separator, parts, evidence }] : [];
  });
  const list = seen.find(({ separator, parts, evidence }) => groups(parts) && isList(separator, evidence))?.separator;
  const tree = pathOf(cells, PATH_PERHAPS, isTree);
  // "Bath/Shower, Kitchen": what more of the cells hold divides first.
  if (tree !== undefined && (list === undefined || holding(cells, tree) >= holding(cells, list)))
    return { as: 'path', path: tree };
  if (list !== undefined) {
    const endings = list.startsWith(',') ? endingsOf(cells, list) : [];
    return { as: 'list', separator: list, ...(endings.length === 0 ? {} : { drop: endings }) };
  }
  const [first] = seen;
  return first === undefined ? undefined : { as: 'one', separator: first.separator, example: first.parts.example };
}

function holding(cells: readonly string[], separator: string): number {
  return cells.filter((cell) => cell.includes(separator)).length;
}

/** Whether so many cells hold a separator that it must mean something. */
function isHeld(cells: readonly string[], separator: string): boolean {
  return holding(cells, separator) >= Math.max(2, cells.length * SEPARATED);
}

/** The cells of a column, each once, divided at a separator. */
interface Parts {
  /** Parts of each different cell, without repetition. */
  readonly cells: readonly (readonly string[])[];
  /** Parts of all cells, and how many different ones. */
  readonly total: number;
  readonly distinct: number;
  readonly length: number;
  /** A cell with the separator. */
  readonly example: string;
}

/** The parts where more than one cell holds the separator. */
function partsOf(cells: readonly string[], separator: string): Parts | undefined {
  if (holding(cells, separator) < 2) return undefined;
  const ends = separator.startsWith(',');
  const divide = (cell: string): string[] => {
    const parts = divided(cell, separator);
    return ends ? withEndings(parts) : parts;
  };
  const all = cells.flatMap(divide);
  const length = all.reduce((sum, part) => sum + part.length, 0) / Math.max(1, all.length);
  return {
    cells: [...new Set(cells)].map((cell) => [...new Set(divide(cell))]),
    total: all.length,
    distinct: new Set(all).size,
    length: all.some((part) => URL.test(part)) ? Infinity : length,
    example: cells.find((cell) => cell.includes(separator)) ?? '',
  };
}

function divided(cell: string, separator: string): string[] {
  return cell
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Parts, "Inc." and its like put back to the name before. */
function withEndings(parts: readonly string[]): string[] {
  const whole: string[] = [];
  for (const part of parts) {
    if (NAME_ENDING.test(part) && whole.length > 0) whole.push(`${whole.pop() ?? ''}, ${part}`);
    else whole.push(part);
  }
  return whole;
}

/** Endings that a division at the separator makes values of their own. */
function endingsOf(cells: readonly string[], separator: string): string[] {
  const endings = cells.flatMap((cell) =>
    divided(cell, separator).filter((part, index) => index > 0 && NAME_ENDING.test(part)),
  );
  return [...new Set(endings)];
}

/** The parts must repeat more than the cells do: an address has commas, too. */
function groups({ total, distinct, length, cells }: Parts): boolean {
  return length <= LONGEST_PART && distinct <= total * 0.5 && distinct < cells.length * 1.5;
}

/** What speaks for parts being values of their own. */
interface Evidence {
  /** Share of the different cells with several parts in which two parts each stand elsewhere without the other. */
  readonly free: number;
  /** Share of the parts of such cells that stand alone somewhere, or in another place of another cell. */
  readonly moving: number;
  /** Share of the different parts of such cells that are a cell by themselves somewhere. */
  readonly alone: number;
}

/** Parts of a cell that are compared with each other. */
const MOST_COMPARED = 12;

function evidenceOf({ cells }: Parts): Evidence {
  const several = cells.filter((parts) => parts.length > 1).map((parts) => parts.slice(0, MOST_COMPARED));
  const single = new Set(cells.flatMap((parts) => (parts.length === 1 ? parts : [])));
  const counts = new Map<string, number>([...single].map((part) => [part, 1]));
  const pairs = new Map<string, number>();
  const places = new Map<string, Set<number>>();
  for (const parts of several) {
    for (const [index, part] of parts.entries()) {
      counts.set(part, (counts.get(part) ?? 0) + 1);
      places.set(part, (places.get(part) ?? new Set()).add(index));
    }
    for (const pair of pairsOf(parts)) pairs.set(pair.key, (pairs.get(pair.key) ?? 0) + 1);
  }
  const stands = (part: string, key: string): boolean => (counts.get(part) ?? 0) > (pairs.get(key) ?? 0);
  const free = several.filter((parts) => pairsOf(parts).some(({ a, b, key }) => stands(a, key) && stands(b, key)));
  const all = several.flat();
  const moving = all.filter((part) => single.has(part) || (places.get(part)?.size ?? 0) > 1);
  return {
    free: free.length / Math.max(1, several.length),
    moving: moving.length / Math.max(1, all.length),
    alone: [...places.keys()].filter((part) => single.has(part)).length / Math.max(1, places.size),
  };
}

function pairsOf(parts: readonly string[]): { readonly a: string; readonly b: string; readonly key: string }[] {
  return parts.flatMap((a, index) =>
    parts.slice(index + 1).map((b) => ({ a, b, key: a < b ? `${a}\0${b}` : `${b}\0${a}` })),
  );
}

function isList(separator: string, { free, moving, alone }: Evidence): boolean {
  // A name holds no bar for itself: it is enough that something recurs.
  if (separator === '|' || separator === ';') return free >= 0.2 || alone > 0;
  // "Smith, John" and "Portland, OR" recur in other combinations, but each part keeps its place.
  return free >= 0.5 && moving >= 0.25;
}

/** What is known of the levels of a column. */
interface Levels {
  /** Levels of each different cell that holds the separator. */
  readonly paths: readonly (readonly string[])[];
  /** Different cells without the separator. */
  readonly flat: ReadonlySet<string>;
  /** Cells with the separator, repetitions counted. */
  readonly held: number;
}

function pathOf(
  cells: readonly string[],
  separators: readonly string[],
  fits: (levels: Levels) => boolean,
): string | undefined {
  return separators.find((separator) => {
    if (!isHeld(cells, separator)) return false;
    const held = cells.filter((cell) => cell.includes(separator));
    if (held.some((cell) => URL.test(cell))) return false;
    const paths = [...new Set(held)].map((cell) => cell.split(separator).map((level) => level.trim()));
    // Text with a sign in it, such as "size > 10" or "-> see below", has no words on both sides.
    const worded = paths.filter((levels) =>
      levels.filter((level) => level !== '').every((level) => /\p{L}/u.test(level)),
    );
    if (worded.length < paths.length * 0.9) return false;
    const used = worded.map((levels) => levels.filter((level) => level !== '')).filter((levels) => levels.length > 1);
    const words = used.flat();
    const length = words.reduce((sum, word) => sum + word.length, 0) / Math.max(1, words.length);
    const flat = new Set(cells.filter((cell) => !cell.includes(separator)).map((cell) => cell.trim()));
    return used.length > 0 && length <= LONGEST_PART && fits({ paths: used, flat, held: held.length });
  });
}

/** The sign says it; something must be shared all the same. */
function isSignedPath({ paths, held, flat }: Levels): boolean {
  const roots = new Set(paths.map(([root]) => root ?? ''));
  return roots.size < paths.length || paths.length < held || [...roots].some((root) => flat.has(root));
}

/** Words keep their level, first ones are shared, and most words below have one parent: a tree, and no list. */
function isTree({ paths, flat }: Levels): boolean {
  const roots = new Set(paths.map(([root]) => root ?? ''));
  if (paths.length < 3 || roots.size * 2 > paths.length) return false;
  const levels = new Map<string, Set<number>>();
  const parents = new Map<string, Set<string>>();
  for (const path of paths) {
    for (const [index, word] of path.entries()) {
      levels.set(word, (levels.get(word) ?? new Set()).add(index));
      if (index > 0) parents.set(word, (parents.get(word) ?? new Set()).add(path[index - 1] ?? ''));
    }
  }
  // Standing alone, a word below the first level is a value of its own.
  const kept = [...levels].filter(([word, places]) => places.size === 1 && (places.has(0) || !flat.has(word)));
  const single = [...parents.values()].filter((each) => each.size === 1);
  return kept.length >= 0.9 * levels.size && single.length * 2 >= parents.size;
}

/** What divides several paths in one cell (`Home > Knives, Home > Pots`): each of its pieces begins with a root. */
function betweenPaths(cells: readonly string[], path: string): string | undefined {
  return ['|', ';', ', ', ','].find((separator) => {
    const root = (piece: string): string => piece.split(path, 1)[0]?.trim() ?? '';
    const roots = new Set(cells.filter((cell) => !cell.includes(separator)).map(root));
    const held = [...new Set(cells.filter((cell) => cell.includes(separator)))];
    const fitting = held.filter((cell) => {
      const pieces = divided(cell, separator);
      return pieces.length > 1 && pieces.every((piece) => roots.has(root(piece)));
    });
    return held.length > 0 && fitting.length >= held.length * 0.9;
  });
}
