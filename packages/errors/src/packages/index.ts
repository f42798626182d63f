// Optional packages: imported when they are first used, by those who installed them.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMissingPackage, MissingPackageError } from '../missing-package.js';

/** What is imported, and for what. */
export interface OptionalPackages {
  /** Packages that are installed together; the first one names them all. */
  readonly packages: readonly string[];
  /** What needs them: `reading files`. */
  readonly use: string;
  /** `import.meta.url` of who imports: the manifest of its package says which versions it was made for. */
  readonly from: string;
  /** The line that installs them, where it is not `npm install` alone. */
  readonly install?: (names: string) => string;
}

/**
 * Imports an optional package.
 *
 * @param load the import, written out, so that bundlers find it
 * @throws MissingPackageError where one of the packages is not installed, with the line that installs the versions that the importing
 *   package was made for; whatever else the import throws comes as it is.
 * @example
 * ```ts
 * const { init } = await importOptional(() => import('echarts'), {
 *   packages: ['echarts'],
 *   use: 'drawing charts',
 *   from: import.meta.url,
 * });
 * ```
 */
export async function importOptional<T>(load: () => Promise<T>, wanted: OptionalPackages): Promise<T> {
  const { packages, use, from, install = (names: string) => `npm install ${names}` } = wanted;
  try {
    return await load();
  } catch (error) {
    const missing = packages.find((name) => isMissingPackage(error, name));
    if (missing === undefined) throw error;
    const versions = wantedVersions(from);
    const names = packages.map((name) => (versions(name) === undefined ? name : `${name}@${versions(name)}`));
    throw new MissingPackageError(missing, install(names.join(' ')), use, error);
  }
}

/** The versions that the package of a file was made for. A bundle's manifest may know none. */
function wantedVersions(from: string): (name: string) => string | undefined {
  const manifest = manifestAbove(dirname(fileURLToPath(from)));
  const scope = String(manifest['name'] ?? '');
  return (name) => {
    const ranges = [manifest['optionalDependencies'], manifest['peerDependencies']].map((all) => entry(all, name));
    const range = ranges.find((each) => each !== undefined);
    if (range === undefined) return undefined;
    // Our packages are released together; a range such as ">=1.30.0 <2" begins with the version that is tested, and shells would take its signs for theirs.
    return name.startsWith('@difsr/') && /^@?difsr/.test(scope)
      ? entry(manifest, 'version')
      : /\d+\.\d+\.\d+[\w.-]*/.exec(range)?.[0];
  };
}

function manifestAbove(folder: string): Readonly<Record<string, unknown>> {
  const file = join(folder, 'package.json');
  if (existsSync(file)) {
    const read: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof read === 'object' && read !== null ? { ...read } : {};
  }
  return dirname(folder) === folder ? {} : manifestAbove(dirname(folder));
}

function entry(values: unknown, name: string): string | undefined {
  if (typeof values !== 'object' || values === null) return undefined;
  const found: unknown = Object.entries(values).find(([key]) => key === name)?.[1];
  return typeof found === 'string' ? found : undefined;
}
