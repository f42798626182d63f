// The ids that --history names.
import { parseJson } from '@difsr/data';
import { UsageError } from './errors.js';

/**
 * The ids of a history: a JSON list, one id that the run knows as it stands (`New York, NY`), or ids between spaces or commas.
 *
 * @throws UsageError where it begins like a JSON list and is none.
 */
export function historyIds(text: string, known: ReadonlySet<string>): readonly string[] {
  if (known.has(text)) return [text];
  const parts = text.split(/[\s,]+/).filter((id) => id !== '');
  if (!text.trimStart().startsWith('[') || parts.every((id) => known.has(id))) return parts;
  const problem = new UsageError(
    `--history ${text}: begins like a JSON list and is none`,
    `write the ids as '["first id", "second id"]'`,
  );
  try {
    const list = parseJson(text); // exact digits: ids may be longer than JavaScript's numbers
    if (!Array.isArray(list)) throw problem;
    return list.map((id: unknown) => {
      if (typeof id !== 'string' && typeof id !== 'number') throw problem;
      return String(id);
    });
  } catch {
    throw problem;
  }
}
