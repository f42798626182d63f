// What the API reference covers: every entry of the "exports" of every public package, found in the manifests, so that a
// new package or subpath cannot be forgotten.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../bootstrap.mjs';

/**
 * @typedef {object} EntryPoint
 * @property {string} name What a user imports: "@difsr/attention/tfjs".
 * @property {string} source The module's source, from the repository's root: "packages/attention/src/tfjs/index.ts".
 * @property {string} folder Its package's folder: "packages/attention".
 * @property {boolean} main Whether it is the package's own name, not a subpath.
 */

/**
 * The entry points of all packages that are published, in the order of the layers for the known ones.
 *
 * @returns {EntryPoint[]}
 * @throws {Error} where an entry of "exports" has no source beside it
 * @example
 * entryPoints().map(({ name }) => name); // ['@difsr/attention', '@difsr/attention/tfjs', ...]
 */
export function entryPoints() {
  return ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(ROOT, group)).flatMap((name) => {
      const folder = `${group}/${name}`;
      const manifest = join(ROOT, folder, 'package.json');
      if (!existsSync(manifest)) return [];
      /** @type {{ name: string, private?: boolean, exports?: Record<string, { default?: string } | string> }} */
      const { name: own, private: hidden, exports = {} } = JSON.parse(readFileSync(manifest, 'utf8'));
      if (hidden) return [];
      return Object.entries(exports).flatMap(([subpath, target]) => {
        const file = typeof target === 'string' ? target : target.default;
        if (file === undefined || !file.endsWith('.js')) return []; // a JSON schema is no module
        const source = `${folder}/${file.replace(/^\.\/dist\//, 'src/').replace(/\.js$/, '.ts')}`;
        if (!existsSync(join(ROOT, source)))
          throw new Error(`"${subpath}" of ${own} points to ${file}, but there is no ${source}`);
        return [{ name: subpath === '.' ? own : `${own}/${subpath.slice(2)}`, source, folder, main: subpath === '.' }];
      });
    }),
  );
}
