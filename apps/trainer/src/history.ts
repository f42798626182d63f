// The history that --history names, and the user that --user describes.
import { parseJson } from '@difsr/data';
import { UsageError } from '@difsr/library/parts';
import { USER_ID, type EventValue, type HistoryEvent } from '@difsr/models';

/**
 * A history: a JSON list of ids or of events (`[{"item": "B004", "rating": 5}]`), one id that the run knows as it stands
 * (`New York, NY`), or ids between spaces or commas.
 *
 * @throws UsageError where it begins like a JSON list and is none.
 */
export function historyOf(text: string, known: ReadonlySet<string>): readonly (string | HistoryEvent)[] {
  if (known.has(text)) return [text];
  const parts = text.split(/[\s,]+/).filter((id) => id !== '');
  if (!text.trimStart().startsWith('[') || parts.every((id) => known.has(id))) return parts;
  const problem = new UsageError(
    `--history ${text}: begins like a JSON list and is none of ids or events`,
    `write ids as '["first id", "second id"]', events as '[{"item": "first id", "rating": 5}]' with the names of the data's fields`,
  );
  const list = jsonOf(text, problem); // exact digits: ids may be longer than JavaScript's numbers
  if (!Array.isArray(list)) throw problem;
  return list.map((entry: unknown) => {
    if (isId(entry)) return String(entry);
    if (!isObject(entry) || !isId(entry['item'])) throw problem;
    // What a field cannot have is refused where it is read, by its name.
    return { ...(entry as HistoryEvent), item: String(entry['item']) };
  });
}

/** Values of a user, as a JSON object, or the user's id. @throws UsageError where it begins like JSON and is no object */
export function userOf(text: string): Readonly<Record<string, EventValue>> {
  if (/^[^[{]/.test(text.trimStart())) return { [USER_ID]: text };
  const problem = new UsageError(
    `--user ${text}: is neither an id nor a JSON object`,
    `say what the user is like, as '{"age": 34, "country": "AT"}', or give an id`,
  );
  const user = jsonOf(text, problem);
  if (!isObject(user)) throw problem;
  // What a field cannot have is refused where it is read, by its name.
  return user as Readonly<Record<string, EventValue>>;
}

function jsonOf(text: string, problem: UsageError): unknown {
  try {
    return parseJson(text);
  } catch {
    throw problem;
  }
}

function isId(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
