// Ids that are one for people and two for programs: "Café" in two forms of Unicode, "007" and "7", "7.0" and "7", "A1" and "a1". Nothing is
// merged in silence: where the ids of the log and of a table meet only in one of these forms, that is said, with the SQL that makes them meet.

/** A form in which ids are compared. */
export interface IdForm {
  /** After "they meet". */
  readonly words: string;
  /** SQL of the form of an id. */
  readonly sql: (id: string) => string;
}

const SINGLE: readonly IdForm[] = [
  { words: 'in the same form of Unicode', sql: (id) => `nfc_normalize(${id})` },
  { words: 'without .0 at their ends', sql: (id) => `regexp_replace(${id}, '^([0-9]+)[.]0+$', '\\1')` },
  { words: 'without zeros in front', sql: (id) => `regexp_replace(${id}, '^0+([0-9])', '\\1')` },
  { words: 'in lower case', sql: (id) => `lower(${id})` },
];

/** The forms, those that change least first; the last is all of them together. */
export const ID_FORMS: readonly IdForm[] = [
  ...SINGLE,
  {
    words: 'without zeros in front and .0, in lower case and one form of Unicode',
    sql: (id) => SINGLE.reduce((inner, { sql }) => sql(inner), id),
  },
];
