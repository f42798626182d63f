// The one line that programs read from `npm test`.

/**
 * @param {{ passed: number, failed: number, skipped: number }} total
 * @returns {string} "N passed, N failed", or with ", N skipped" when there were any
 * @example
 * closingLine({ passed: 3, failed: 0, skipped: 1 }); // '3 passed, 0 failed, 1 skipped'
 */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
