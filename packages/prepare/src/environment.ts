// The one place where @difsr/prepare reads environment variables.
import os from 'node:os';
import path from 'node:path';

/** The folder for what can be made again: `$DIFSR_CACHE`, else `$XDG_CACHE_HOME/difsr`, else `~/.cache/difsr`; in it `data`. */
export function cacheFolder(): string {
  const own = process.env['DIFSR_CACHE'];
  if (own !== undefined && own !== '') return path.join(own, 'data');
  const shared = process.env['XDG_CACHE_HOME'];
  const parent = shared === undefined || shared === '' ? path.join(os.homedir(), '.cache') : shared;
  return path.join(parent, 'difsr', 'data');
}
