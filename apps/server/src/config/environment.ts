// The one place where the server reads environment variables: secrets that the configuration names.
import { UsageError } from '@difsr/library';
import type { ServerConfig } from './types.js';

/** A variable that must be there. */
function needed(name: string, option: string): string {
  const value = process.env[name];
  if (value !== undefined && value !== '') return value;
  throw new UsageError({
    option,
    what: `${option}: the environment variable ${name} is not set`,
    cure: `set it, or leave ${option} out`,
  });
}

/** The API keys of a configuration. @throws UsageError where the variable that holds them is not set */
export function keysOf({ keys, keysFrom }: ServerConfig): readonly string[] {
  if (keysFrom === undefined) return keys;
  return [
    ...keys,
    ...needed(keysFrom, 'keysFrom')
      .split(/[\s,]+/)
      .filter((key) => key !== ''),
  ];
}

/** The address of a store. @throws UsageError where the variable that holds it is not set */
export function urlOf({
  url,
  urlFrom,
}: {
  readonly url?: string | undefined;
  readonly urlFrom?: string | undefined;
}): string {
  return url ?? needed(urlFrom ?? '', 'store.urlFrom');
}
