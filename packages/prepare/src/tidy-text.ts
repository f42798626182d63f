// Values that are one for people: "Lumo", "Lumo ", "Lumo" after a no-break space, "Café" in either form of Unicode. The same in TypeScript and
// in SQL, as lists are read by the one and single values by the other.

/** Characters that are white space, as a class of both kinds of regular expression: [\u2028] in TypeScript, [\x{2028}] in the engine. */
const BLANKS = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0x85, 0x85],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
] as const;
/** Characters that nobody sees: soft hyphen, zero width space, word joiner, byte order mark. */
const UNSEEN = [
  [0xad, 0xad],
  [0x200b, 0x200b],
  [0x2060, 0x2060],
  [0xfeff, 0xfeff],
] as const;

function classOf(ranges: readonly (readonly [number, number])[]): string {
  const code = (point: number): string => String.raw`\x{${point.toString(16)}}`;
  return ranges.map(([from, to]) => (from === to ? code(from) : `${code(from)}-${code(to)}`)).join('');
}

const blanks = classOf(BLANKS);
const unseen = classOf(UNSEEN);
/** White space other than single blanks between words, and what nobody sees. */
const UNTIDY = `^ | $|  |[${blanks.replace(String.raw`\x{20}`, '')}${unseen}]`;

function inScript(pattern: string): string {
  return pattern.replaceAll('x{', 'u{');
}

const untidy = new RegExp(inScript(UNTIDY), 'u');
const manyBlanks = new RegExp(inScript(`[${blanks}]+`), 'gu');
const manyUnseen = new RegExp(inScript(`[${unseen}]+`), 'gu');

/**
 * A text with single blanks between its words, none around them, nothing unseen, its letters composed (NFC).
 *
 * @example
 * tidyText('  Lumo \u00a0 Lights'); // 'Lumo Lights'
 */
export function tidyText(text: string): string {
  const composed = text.normalize('NFC');
  return untidy.test(composed) ? composed.replace(manyUnseen, '').replace(manyBlanks, ' ').trim() : composed;
}

/** SQL of {@link tidyText}; NULL where nothing is left. The test is that of {@link untidySql}, so that the engine makes it once for both. */
export function tidySql(text: string): string {
  const seen = `regexp_replace(nfc_normalize(${text}), '[${unseen}]+', '', 'g')`;
  return `(CASE WHEN ${untidySql(text)} THEN nullif(trim(regexp_replace(${seen}, '[${blanks}]+', ' ', 'g')), '') ELSE ${text} END)`;
}

/** SQL condition: whether tidying may change a text, or one of the values in it. */
export function untidySql(text: string): string {
  return `(nfc_normalize(${text}) <> ${text} OR regexp_matches(${text}, '${UNTIDY}'))`;
}

/** A text in quotes in which every blank that looks like another, or like none, is seen. */
export function shownBlanks(text: string): string {
  const seen = new RegExp(inScript(`[${classOf(BLANKS.filter(([from]) => from > 0x7f))}${unseen}]|\\p{M}`), 'gu');
  return JSON.stringify(text).replace(
    seen,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
