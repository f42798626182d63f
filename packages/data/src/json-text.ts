// JSON as programs write it: Python's json.dumps writes NaN and Infinity, which JSON does not have.

/** Texts, or the words that are no JSON. */
const TEXT_OR_WORD = /"(?:[^"\\]|\\.)*"|[-+]?\b(?:nan|inf(?:inity)?)\b/gi;

/**
 * The value of a JSON text in which numbers may be NaN or infinite: these are null.
 *
 * @throws SyntaxError if it is no JSON apart from that
 * @example
 * parseJson('{"price": NaN}'); // { price: null }
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/nan|inf/i.test(text)) throw error;
    return JSON.parse(text.replaceAll(TEXT_OR_WORD, (found) => (found.startsWith('"') ? found : 'null')));
  }
}
