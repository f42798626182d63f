// What an install put into node_modules: its packages, their sizes, and which of them somebody needs.
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Packages at the top of node_modules.
 *
 * @param {string} project
 * @returns {string[]}
 */
export const installed = (project) =>
  readdirSync(join(project, 'node_modules'))
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(project, 'node_modules', name)).map((part) => `${name}/${part}`) : [name],
    )
    .sort();

/**
 * Bytes of the files in a folder, and what they take on a disk that keeps them in blocks of 4096.
 *
 * @param {string} folder
 * @returns {{ bytes: number, onDisk: number }}
 */
function sizeOf(folder) {
  let [bytes, onDisk] = [0, 0];
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const { size } = lstatSync(join(entry.parentPath, entry.name));
    bytes += size;
    onDisk += Math.ceil(size / 4096) * 4096;
  }
  return { bytes, onDisk };
}

/**
 * The packages that one needs, itself included: its dependencies, theirs, and so on; of optional ones and peers those that are there.
 *
 * @param {string} project
 * @param {string} name
 * @param {{ without?: readonly string[] }} [options] without: packages that are passed over, with what they alone need.
 * @returns {Set<string>}
 */
export function neededBy(project, name, { without = [] } = {}) {
  const needed = new Set([name]);
  for (const each of needed) {
    const file = join(project, 'node_modules', each, 'package.json');
    if (!existsSync(file)) {
      needed.delete(each);
      continue;
    }
    const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(readFileSync(file, 'utf8'));
    for (const other of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      if (!without.includes(other)) needed.add(other);
    }
  }
  return needed;
}

/**
 * `44 packages, 19.3 MB of files (27 MB in blocks of 4 kB): zod 6.3, ..`: the largest ones by name.
 *
 * @param {string} project
 * @param {Iterable<string>} names
 * @returns {{ megabytes: number, onDisk: number, told: string }} onDisk: megabytes in blocks of 4 kB
 */
export function sizeOfInstall(project, names) {
  const sizes = [...names]
    .map((name) => ({ name, ...sizeOf(join(project, 'node_modules', name)) }))
    .sort((a, b) => b.bytes - a.bytes);
  const megabytes = sizes.reduce((sum, own) => sum + own.bytes, 0) / 1e6;
  const onDisk = sizes.reduce((sum, own) => sum + own.onDisk, 0) / 1e6;
  const largest = sizes.slice(0, 8).map((own) => `${own.name} ${(own.bytes / 1e6).toFixed(1)}`);
  const sum = `${megabytes.toFixed(1)} MB of files (${onDisk.toFixed(0)} MB in blocks of 4 kB)`;
  return { megabytes, onDisk, told: `${sizes.length} packages, ${sum}: ${largest.join(', ')}, ..` };
}
