// Cuts histories into training windows that share the work of many prefixes: every item from the second on is a target
// of exactly one window, and the context that a window gives it is never less than half a window if the history has it.
import { DifsrError, setting, text } from '@difsr/errors';

/**
 * One row of training: the items `[start, end)` of a history are the input, and items `firstTarget .. end` (inclusive)
 * are trained, item i + 1 being the target at input item i. Earlier items of the row are context only.
 */
export interface TrainingWindow {
  readonly start: number;
  readonly end: number;
  readonly firstTarget: number;
}

/** A window or a plan was asked for with sizes that cannot work. Names the value, what is allowed and the cure. */
export class SamplerError extends DifsrError {
  override readonly name = 'SamplerError';
}

/**
 * The windows of one history of `length` items, inputs at most `maxLength` long. The first starts at item 0; each later
 * one starts `floor(maxLength / 2)` items before its first target (at least one) and is no longer than it needs to be.
 * A history of fewer than two items has no target and no window.
 * @throws SamplerError unless `maxLength` is a whole number of at least 1 and `length` one of at least 0.
 * @example trainingWindows(6, 4); // [{ start: 0, end: 4, firstTarget: 1 }, { start: 3, end: 5, firstTarget: 5 }]
 */
export function trainingWindows(length: number, maxLength: number): TrainingWindow[] {
  return windowsOf(length, maxLength, 'all-positions');
}

/**
 * The reference's rows for one history: one per target, with the last `maxLength` items before it.
 * @throws SamplerError as `trainingWindows`.
 * @example prefixWindows(3, 50); // [{ start: 0, end: 1, firstTarget: 1 }, { start: 0, end: 2, firstTarget: 2 }]
 */
export function prefixWindows(length: number, maxLength: number): TrainingWindow[] {
  return windowsOf(length, maxLength, 'prefix');
}

function windowsOf(length: number, maxLength: number, form: 'all-positions' | 'prefix'): TrainingWindow[] {
  const windows: TrainingWindow[] = [];
  eachWindow(length, maxLength, form, (start, end, firstTarget) => windows.push({ start, end, firstTarget }));
  return windows;
}

/** The windows of one history in order, handed over as numbers: histories are many, and an object for each window would be too. */
export function eachWindow(
  length: number,
  maxLength: number,
  form: 'all-positions' | 'prefix',
  visit: (start: number, end: number, firstTarget: number) => void,
): void {
  checkSizes(length, maxLength);
  const last = length - 1; // the last item is only a target
  if (form === 'prefix') {
    for (let end = 1; end <= last; end++) visit(Math.max(0, end - maxLength), end, end);
    return;
  }
  const context = Math.max(1, Math.floor(maxLength / 2));
  for (let firstTarget = 1; firstTarget <= last;) {
    const start = firstTarget === 1 ? 0 : firstTarget - context;
    const end = Math.min(start + maxLength, last);
    visit(start, end, firstTarget);
    firstTarget = end + 1;
  }
}

function checkSizes(length: number, maxLength: number): void {
  if (!Number.isInteger(maxLength) || maxLength < 1) {
    throw new SamplerError({
      option: 'maxLength',
      what: text`${setting('maxLength')} is a whole number of at least 1, got ${maxLength}`,
      cure: 'give the longest input, e.g. 50',
    });
  }
  if (!Number.isInteger(length) || length < 0) {
    throw new SamplerError({
      what: `A history has a whole number of items, got ${length}`,
      cure: 'give its number of items',
    });
  }
}
