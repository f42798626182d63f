// Options of the functions of this package and of @difsr/prepare, checked by the rules of @difsr/errors: what is wrong is a DataError, as
// what is wrong with the data is.
import { optionFaults, type OptionRules } from '@difsr/errors';
import { DataError } from './errors.js';

/** @throws DataError that lists unknown keys and values that do not fit, at every level. */
export function checkOptions<T extends object>(where: string, options: T, rules: OptionRules<T>): void {
  const faults = optionFaults(where, options, rules);
  if (faults.length === 0) return;
  throw new DataError(
    faults.map(({ what, cure = 'correct it, or leave it out' }) => {
      // Some begin with the function, which is the place here.
      const message = typeof what === 'string' && what.startsWith(`${where} `) ? what.slice(where.length + 1) : what;
      return { file: where, message, cure };
    }),
  );
}
