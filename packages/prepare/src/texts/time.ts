// Times in cells: a number (seconds, milliseconds: only the order counts), or ISO 8601, which becomes seconds since 1970.
import { parseNumber } from './atomic.js';

const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/** What a time may look like, for errors. */
export const TIME_FORMS = 'a number (seconds or milliseconds) or ISO 8601 (2019-01-31, 2019-01-31 18:05:00)';

/**
 * The time a cell holds, or `undefined`. A date without a zone is read as UTC, so that a data set does not depend on where it is
 * loaded.
 *
 * @example
 * parseTime('881250949'); // 881250949
 * parseTime('1970-01-02'); // 86400
 */
export function parseTime(cell: string): number | undefined {
  const number = parseNumber(cell);
  if (number !== undefined) return number;
  const text = cell.trim();
  if (!ISO.test(text)) return undefined;
  const dated = text.replace(' ', 'T');
  const zoned = dated.includes('T') && !/(?:Z|[+-]\d{2}:?\d{2})$/.test(dated) ? `${dated}Z` : dated;
  const milliseconds = Date.parse(zoned);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}
