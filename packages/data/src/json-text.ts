// JSON as programs write it: Python's json.dumps writes NaN and Infinity, which JSON does not have, and ids of 64 bits, which
// JavaScript's numbers do not hold.

/** Texts, or the words that are no JSON. */
const TEXT_OR_WORD = /"(?:[^"\\]|\\.)*"|[-+]?\b(?:nan|inf(?:inity)?)\b/gi;
/** Texts, or numbers with as many digits as may be too many. */
const TEXT_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]{14,}/g;
const WHOLE = /^-?\d+$/;

/**
 * The value of a JSON text in which numbers may be NaN or infinite: these are null. A whole number beyond 2^53, which a number
 * of JavaScript would round to another one, is the text of its digits.
 *
 * @throws SyntaxError if it is no JSON apart from that
 * @example
 * parseJson('{"price": NaN, "id": 9007199254740993}'); // { price: null, id: '9007199254740993' }
 */
export function parseJson(text: string): unknown {
  const exact = /\d{16}/.test(text) ? text.replaceAll(TEXT_OR_NUMBER, exactDigits) : text;
  try {
    return JSON.parse(exact);
  } catch (error) {
    if (!/nan|inf/i.test(text)) throw error;
    return JSON.parse(exact.replaceAll(TEXT_OR_WORD, (found) => (found.startsWith('"') ? found : 'null')));
  }
}

function exactDigits(found: string): string {
  return WHOLE.test(found) && !Number.isSafeInteger(Number(found)) ? `"${found}"` : found;
}
