// Words for nothing among names. What is one among numbers may be a name here: "NA" is a country beside "DE" and "FR", "Nan" a grandmother,
// so this looks at how a word is written and at what stands around it. What stays doubtful is a value, and named by prepare.
import { isMissingWord } from './missing.js';

/** Said of values in brackets, as MovieLens has it: `(no genres listed)`, `(not set)`, `[null]`. */
const BRACKETED =
  /^[([<](no( \p{L}+){0,3}( listed| given| available)?|not( \p{L}+){1,2}|none|null|blank|empty|unknown|missing|other or unknown|n\/?a|keine? \p{L}+)[)\]>]$/iu;
/** Words of the table that are rather names in this spelling. */
const RATHER_NAMES = new Set(['Nan', 'nat', 'Nat', 'NAT', 'nil', 'Nil', 'NIL', 'Na']);
/** Words that may mean that nothing is known, or be what they say. */
const DOUBTFUL = new Set(
  [
    [
      'unknown',
      'unspecified',
      'not specified',
      'not available',
      'not applicable',
      'no value',
      'no data',
      'missing',
      'n/k',
      'tbd',
    ],
    ['unbekannt', 'keine angabe', 'k.a.', 'ohne', 'inconnu', 'non renseigné', 'desconocido', 'sin especificar'],
  ].flat(),
);
/** From this share of codes among the other values on, NA is one, too. */
const MOSTLY_CODES = 0.5;

/** Those of the different values of a column that stand for no value, in their order. */
export function nothingAmong(values: readonly string[]): string[] {
  const said = values.filter(isNothing);
  if (!said.includes('NA')) return said;
  const others = values.filter((value) => !isNothing(value));
  const codes = others.filter((value) => /^[A-Z]{2,4}$/.test(value.trim()));
  return codes.length > 0 && codes.length >= others.length * MOSTLY_CODES ? said.filter((word) => word !== 'NA') : said;
}

/** Whether a value may stand for no value: for a finding, not for a decision. */
export function mayBeNothing(value: string): boolean {
  const word = value.trim();
  return isMissingWord(word) || BRACKETED.test(word) || DOUBTFUL.has(word.toLowerCase());
}

function isNothing(value: string): boolean {
  const word = value.trim();
  return (isMissingWord(word) && !RATHER_NAMES.has(word)) || BRACKETED.test(word);
}
