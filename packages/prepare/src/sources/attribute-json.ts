// Reader of the S3-Rec attribute file: one JSON object, item id -> list of attributes. Read by events and not by JSON.parse, which
// would reorder the (numeric) keys, keep the last of repeated keys in silence, and give no line and column.
import { PADDING_TOKEN } from '@difsr/data';
import { type ProblemList, shown } from '@difsr/data/internal';
import { printParseErrorCode, visit } from 'jsonc-parser';

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
const ID = /^[1-9][0-9]*$/;

/** Ends the reading; the problem is in the list. */
class SyntaxProblem extends Error {}

/**
 * Reads the entries of an attribute file. A syntax error ends the reading (one problem, with its place); bad keys and values are
 * all collected.
 */
export function parseAttributeJson(text: string, file: string, problems: ProblemList): AttributeEntry[] {
  const entries: AttributeEntry[] = [];
  const seen = new Set<string>();
  let attributes: string[] = [];
  let where = 'the file';
  let objects = 0;
  let inList = false;
  let awaited = false;
  const fail = (line: number, column: number, offset: number, expected: string): never => {
    const ended = offset >= text.length;
    const message = ended
      ? `the file ends where ${expected} in ${where}: it is cut off`
      : `is not valid here, in ${where}: ${expected}`;
    const value = ended ? undefined : text.slice(offset, offset + 20);
    problems.add({ file, line: line + 1, column: column + 1, value, message, cure: CURE_SYNTAX });
    throw new SyntaxProblem(message);
  };
  const form = (line: number, column: number, offset: number): never =>
    fail(line, column, offset, awaited ? 'a list of attributes is expected' : 'one object of lists is expected');
  try {
    visit(
      text,
      {
        onObjectBegin: (offset, _length, line, column) => {
          if (++objects > 1) form(line, column, offset);
        },
        onObjectProperty: (item, _offset, _length, line, column) => {
          const place = { line: line + 1, column: column + 1 };
          where = `the entry of item ${shown(item)}`;
          attributes = [];
          awaited = true;
          const wrong = !ID.test(item) ? 'is not an item id' : seen.has(item) ? 'has a second entry' : undefined;
          if (wrong === undefined) entries.push({ item, attributes, ...place });
          else problems.add({ file, ...place, value: item, message: wrong, cure: CURE_KEY });
          seen.add(item);
        },
        onArrayBegin: (offset, _length, line, column) => {
          if (inList || !awaited) form(line, column, offset);
          inList = true;
        },
        onArrayEnd: () => {
          inList = false;
          awaited = false;
        },
        onLiteralValue: (value: unknown, offset, length, line, column) => {
          if (!inList) form(line, column, offset);
          const written = typeof value === 'string' ? value : text.slice(offset, offset + length);
          const right = typeof value === 'string' ? value.trim() !== '' && value !== PADDING_TOKEN : ID.test(written);
          const message = `is not an attribute in ${where}`;
          if (!right)
            problems.add({ file, line: line + 1, column: column + 1, value: written, message, cure: CURE_VALUE });
          attributes.push(written);
        },
        onError: (code, offset, _length, line, column) => {
          // ColonExpected -> "colon expected"
          const words = printParseErrorCode(code)
            .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
            .toLowerCase();
          fail(line, column, offset, words.replace(/ expected$/, ' is expected'));
        },
      },
      { disallowComments: true },
    );
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
  }
  return entries;
}
