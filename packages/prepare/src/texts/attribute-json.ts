// Reader of the S3-Rec attribute file: one JSON object, item id -> list of attributes. Its own small scanner and not JSON.parse,
// because that would reorder the (numeric) keys, keep the last of repeated keys in silence, and give no line and column.
import { type Text } from '@difsr/errors';
import { PADDING_TOKEN } from '@difsr/data';
import { type ProblemList, shown } from '@difsr/data/internal';

/** One entry of the file, in file order. */
export interface AttributeEntry {
  readonly item: string;
  /** Attributes as written, repetitions included. */
  readonly attributes: readonly string[];
  /** 1-based place of the key. */
  readonly line: number;
  readonly column: number;
}

const CURE_SYNTAX =
  'write the file again as one JSON object, e.g. {"1": [3, 7], "2": [7]}, and check that it was copied whole';
const CURE_VALUE = 'an attribute is a whole number from 1 on, or a name in quotes';
const CURE_KEY = 'keys are the item ids of the text file, whole numbers from 1 on, each once';

/**
 * Reads the entries of an attribute file. A syntax error ends the reading (one problem, with its place); bad keys and values are
 * all collected.
 */
export function parseAttributeJson(text: string, file: string, problems: ProblemList): AttributeEntry[] {
  return new AttributeScanner(text, file, problems).entries();
}

class SyntaxProblem extends Error {}

class AttributeScanner {
  readonly #text: string;
  readonly #file: string;
  readonly #problems: ProblemList;
  #at = 0;
  // Where the last asked-for position was: positions only grow, so lines are counted once.
  #line = 1;
  #lineStart = 0;
  #scanned = 0;

  constructor(text: string, file: string, problems: ProblemList) {
    this.#text = text;
    this.#file = file;
    this.#problems = problems;
  }

  entries(): AttributeEntry[] {
    const entries: AttributeEntry[] = [];
    const seen = new Set<string>();
    try {
      this.#expect('{', 'the start of the object');
      if (this.#peek() !== '}') {
        do {
          const entry = this.#entry();
          if (!/^[1-9][0-9]*$/.test(entry.item)) this.#value(entry, entry.item, 'is not an item id', CURE_KEY);
          else if (seen.has(entry.item)) this.#value(entry, entry.item, 'has a second entry', CURE_KEY);
          else entries.push(entry);
          seen.add(entry.item);
        } while (this.#accept(','));
      }
      this.#expect('}', `a comma or the end of the object after ${entries.length} entries`);
      if (this.#peek() !== '') this.#fail('the end of the file');
    } catch (error) {
      if (!(error instanceof SyntaxProblem)) throw error;
    }
    return entries;
  }

  #entry(): AttributeEntry {
    this.#peek();
    const place = this.#place();
    const item = this.#string('an item id in quotes');
    const where = `the entry of item ${shown(item)}`;
    this.#expect(':', `a colon in ${where}`);
    this.#expect('[', `a list in ${where}`);
    const attributes: string[] = [];
    if (this.#peek() !== ']') {
      do attributes.push(this.#attribute(where));
      while (this.#accept(','));
    }
    this.#expect(']', `a comma or the end of the list in ${where}`);
    return { item, attributes, ...place };
  }

  #attribute(where: string): string {
    const next = this.#peek();
    const place = this.#place();
    if (next === '"') {
      const name = this.#string(`an attribute in ${where}`);
      if (name.trim() === '' || name === PADDING_TOKEN)
        this.#value(place, name, `is not an attribute in ${where}`, CURE_VALUE);
      return name;
    }
    const literal = this.#match(/-?[0-9][0-9.eE+-]*|true|false|null/y);
    if (literal === undefined) this.#fail(`an attribute in ${where}`);
    if (!/^[1-9][0-9]*$/.test(literal)) this.#value(place, literal, `is not an attribute in ${where}`, CURE_VALUE);
    return literal;
  }

  #string(what: string): string {
    this.#peek();
    const literal = this.#match(/"(?:[^"\\\r\n]|\\.)*"/y);
    if (literal === undefined) this.#fail(what);
    try {
      return String(JSON.parse(literal));
    } catch {
      return this.#fail(`${what} without a broken escape`);
    }
  }

  /** Skips white space and returns the next character, empty at the end. */
  #peek(): string {
    this.#match(/[ \t\r\n]*/y);
    return this.#text.charAt(this.#at);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #accept(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string, what: string): void {
    if (!this.#accept(character)) this.#fail(what);
  }

  #place(): { line: number; column: number } {
    for (let newline = this.#text.indexOf('\n', this.#scanned); newline !== -1 && newline < this.#at;) {
      this.#line++;
      this.#lineStart = newline + 1;
      newline = this.#text.indexOf('\n', newline + 1);
    }
    this.#scanned = this.#at;
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  #value(place: { readonly line: number; readonly column: number }, value: string, message: string, cure: Text): void {
    this.#problems.add({ file: this.#file, line: place.line, column: place.column, value, message, cure });
  }

  #fail(expected: string): never {
    const ended = this.#at >= this.#text.length;
    const message = ended
      ? `the file ends where ${expected} should be: it is cut off`
      : `is not valid JSON here: expected ${expected}`;
    const value = ended ? undefined : this.#text.slice(this.#at, this.#at + 20);
    this.#problems.add({ file: this.#file, ...this.#place(), value, message, cure: CURE_SYNTAX });
    throw new SyntaxProblem(message);
  }
}
