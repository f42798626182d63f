// Cells with several values (token_seq): separated words, or quoted names such as 'Hair Care', 'Creams, Gels & Lotions'.

/** How a cell of quoted names is read: as the names, or, as the published code does, as fragments between spaces. */
export type CategoryText = 'names' | 'fragments';

/**
 * The names of a cell like `'Beauty', 'Creams, Gels & Lotions'` (with or without brackets around, single or double quotes), or
 * `undefined` where the cell is not of that form. A quote ends a name only before a comma and the next quote, or at the end:
 * apostrophes and commas inside names are kept.
 *
 * @example
 * quotedNames("'Beauty', 'Creams, Gels & Lotions'"); // ['Beauty', 'Creams, Gels & Lotions']
 * quotedNames("Children's Comedy"); // undefined
 */
export function quotedNames(cell: string): string[] | undefined {
  const trimmed = cell.trim();
  const inner = trimmed.startsWith('[') && trimmed.endsWith(']') ? trimmed.slice(1, -1).trim() : trimmed;
  const names: string[] = [];
  const name = /(['"])(.*?)\1\s*(?:,\s*(?=['"])|$)/suy;
  while (name.lastIndex < inner.length) {
    const found = name.exec(inner);
    if (found === null) return undefined;
    names.push((found[2] ?? '').trim());
  }
  return names.length === 0 ? undefined : names.filter((value) => value !== '');
}

/** The values of a cell: quoted names where the mode asks for them and the cell has them, else the parts between separators. */
export function splitValues(cell: string, mode: CategoryText, separator: string): string[] {
  const names = mode === 'names' ? quotedNames(cell) : undefined;
  if (names !== undefined) return names;
  const parts = cell.split(separator);
  return (separator === ' ' ? parts : parts.map((part) => part.trim())).filter((part) => part !== '');
}

/** Whether a cell is a list in brackets of which not every part is quoted: `[Action, Comedy]`, `{Action,"Sci-Fi"}`. */
export function isBracketed(cell: string): boolean {
  return /^\s*(\[.*\]|\{.*\})\s*$/s.test(cell);
}

/** The parts of a list in brackets; quotes around a part are no part of it. */
export function bracketedParts(cell: string, separator: string): string[] {
  const parts: string[] = [];
  const inner = cell.trim().slice(1, -1);
  let part = '';
  let quote = '';
  for (const character of inner) {
    if (quote === '' && character === separator) {
      parts.push(part.trim());
      part = '';
    } else if (quote === '' && (character === '"' || character === "'") && part.trim() === '') {
      quote = character;
      part = '';
    } else if (character === quote) quote = '';
    else part += character;
  }
  parts.push(part.trim());
  return parts.filter((each) => each !== '');
}

/**
 * The levels of a path, each as the way to it from the root, so that equal words below different parents stay apart.
 *
 * @example
 * pathLevels('Home > Kitchen > Knives', '>'); // ['Home', 'Home > Kitchen', 'Home > Kitchen > Knives']
 */
export function pathLevels(path: string, separator: string): string[] {
  const sign = separator.trim() === '' ? separator : separator.trim();
  const words = path
    .split(sign)
    .map((word) => word.trim())
    .filter((word) => word !== '');
  // As people write it: Home > Kitchen, but Home/Kitchen.
  const between = /^(\/|\\|::|\s+)$/.test(sign) ? sign : ` ${sign} `;
  return words.map((_, index) => words.slice(0, index + 1).join(between));
}
