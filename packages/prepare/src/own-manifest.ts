// The package.json of this package: its version is part of what it writes.
import { readFile } from 'node:fs/promises';

/** The parts of package.json that are used. */
interface OwnManifest {
  readonly version: string;
}

/** Reads this package's package.json. */
export async function ownManifest(): Promise<OwnManifest> {
  // Written beside these sources, and packed with them.
  return JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as OwnManifest;
}
