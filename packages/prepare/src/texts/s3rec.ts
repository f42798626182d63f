// Reader of the S3-Rec form: NAME.txt (a user and the items in time order per line) and NAME_item2attributes.json.
// Works on strings; files.ts and load.ts fetch them. Source of the form: RUCAIBox/CIKM2020-S3Rec.
import { type AttributeEntry, parseAttributeJson } from './attribute-json.js';
import { InteractionCollector, type RawData, type RawInteractions, type RawItems, type ReportEntry } from '@difsr/data';
import { fileName, ProblemList } from '@difsr/data/internal';
import { forEachLine } from './lines.js';

/** The name of the one field of this form: brand and categories in one flat vocabulary of attribute ids. */
export const S3REC_FIELD = 'attributes';

/** A text and the name that errors give it. */
export interface NamedText {
  readonly file: string;
  readonly text: string;
}

const CURE_LINE =
  'write one line per user: the user id and the item ids, whole numbers from 1 on, with single spaces between';

/**
 * Reads a data set of the S3-Rec form. `attributes` may be left out: the data set then has no fields.
 *
 * @throws DataError with all problems of a file
 */
export function parseS3Rec(name: string, sequences: NamedText, attributes?: NamedText): RawData {
  const interactions = parseSequences(sequences);
  if (attributes === undefined) {
    return { name, format: 's3rec', source: sequences.file, interactions, report: [] };
  }
  const problems = new ProblemList();
  const entries = parseAttributeJson(attributes.text, attributes.file, problems);
  problems.throwIfAny();
  const known = new Set(interactions.itemTokens);
  const used = entries.filter((entry) => known.has(entry.item));
  return {
    name,
    format: 's3rec',
    source: sequences.file,
    interactions,
    items: itemTable(used),
    report: attributeReport(entries, used, known, attributes.file),
  };
}

/** `userid item item ..` per line, oldest first. */
function parseSequences({ file, text }: NamedText): RawInteractions {
  const problems = new ProblemList();
  const collector = new InteractionCollector();
  const lineOfUser = new Map<string, number>();
  forEachLine(text, (content, line) => {
    const separator = /[\t,;|]/.exec(content);
    if (separator !== null) {
      const message = 'separates the ids here; this form has spaces';
      problems.add({ file, line, column: separator.index + 1, value: separator[0], message, cure: CURE_LINE });
      return;
    }
    const words = content.split(' ').filter((word) => word !== '');
    const bad = words.find((word) => !/^[1-9][0-9]*$/.test(word));
    if (bad !== undefined) {
      problems.add({
        file,
        line,
        column: content.indexOf(bad) + 1,
        value: bad,
        message: 'is not an id, a whole number from 1 on',
        cure: CURE_LINE,
      });
      return;
    }
    const [user, ...items] = words;
    if (user === undefined || items.length === 0) {
      const message = user === undefined ? 'the line is empty' : 'is a user without items';
      problems.add({ file, line, value: user, message, cure: CURE_LINE });
      return;
    }
    const earlier = lineOfUser.get(user);
    if (earlier !== undefined) {
      const message = `is a user that line ${earlier} has already`;
      problems.add({
        file,
        line,
        column: 1,
        value: user,
        message,
        cure: 'put all items of a user into one line, or give the users different ids',
      });
      return;
    }
    lineOfUser.set(user, line);
    for (const item of items) collector.add(user, item);
  });
  if (collector.rows === 0 && problems.total === 0)
    problems.add({ file, message: 'the file is empty', cure: CURE_LINE });
  problems.throwIfAny();
  return collector.finish();
}

function itemTable(entries: readonly AttributeEntry[]): RawItems {
  return {
    ids: entries.map((entry) => entry.item),
    columns: [{ name: S3REC_FIELD, kind: 'multi-categorical', values: entries.map((entry) => entry.attributes) }],
  };
}

function attributeReport(
  entries: readonly AttributeEntry[],
  used: readonly AttributeEntry[],
  known: ReadonlySet<string>,
  file: string,
): ReportEntry[] {
  const report: ReportEntry[] = [];
  const note = (kind: ReportEntry['kind'], what: string, count: number, why: string): void => {
    if (count > 0) report.push({ kind, what, count, why });
  };
  note(
    'noted',
    'items without an entry in the attribute file',
    known.size - used.length,
    `${fileName(file)} does not mention them: they have no attributes`,
  );
  note(
    'dropped',
    'attribute entries of items that nobody used',
    entries.length - used.length,
    'the text file does not have these items',
  );
  const repeating = used.filter(({ attributes }) => new Set(attributes).size < attributes.length);
  note(
    'dropped',
    'repeated attributes',
    repeating.reduce((sum, { attributes }) => sum + attributes.length - new Set(attributes).size, 0),
    `${repeating.length} items list an attribute more than once: each counts once`,
  );
  return report;
}
