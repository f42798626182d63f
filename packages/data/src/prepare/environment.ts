// The one place where this package reads environment variables.
import os from 'node:os';
import path from 'node:path';

/** Where prepared data is kept: `DIFSR_CACHE`, else `XDG_CACHE_HOME/difsr`, else `~/.cache/difsr`; in it the folder `data`. */
export function cacheFolder(): string {
  const { DIFSR_CACHE: own, XDG_CACHE_HOME: xdg } = process.env;
  if (own !== undefined && own !== '') return path.join(path.resolve(own), 'data');
  // The specification of XDG: a path that is not absolute is ignored.
  const base = xdg !== undefined && path.isAbsolute(xdg) ? xdg : path.join(os.homedir(), '.cache');
  return path.join(base, 'difsr', 'data');
}
