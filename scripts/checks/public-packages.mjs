// The packages that are published: their folders, manifests and entry points. Shared by the checks of this folder.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../bootstrap.mjs';

/**
 * @typedef {{ name: string, version: string, private?: boolean, bin?: Record<string, string>,
 *   exports: Record<string, unknown>, sideEffects?: boolean | string[], files?: string[], license?: string,
 *   repository?: { type: string, url: string, directory: string }, homepage?: string, bugs?: string,
 *   engines?: { node?: string }, publishConfig?: { access?: string, provenance?: boolean }, dependencies?: Record<string, string>,
 *   devDependencies?: Record<string, string>, optionalDependencies?: Record<string, string>, peerDependencies?: Record<string, string> }} Manifest
 * @typedef {{ folder: string, path: string, manifest: Manifest }} Package folder: absolute; path: from the root
 */

/** @param {string} path @returns {Manifest} */
const readManifest = (path) => JSON.parse(readFileSync(path, 'utf8'));

/**
 * Every package of the workspace that is not private, by folder.
 *
 * @param {string} [root] Of the checkout, or of a copy of it.
 * @returns {Package[]}
 */
export function publicPackages(root = ROOT) {
  return ['packages', 'apps']
    .flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`))
    .filter((path) => existsSync(join(root, path, 'package.json')))
    .map((path) => ({
      folder: join(root, path),
      path,
      manifest: readManifest(join(root, path, 'package.json')),
    }))
    .filter(({ manifest }) => manifest.private !== true);
}

/**
 * What a user can import from a package, as written in an import: "@difsr/graph", "@difsr/graph/conformance".
 *
 * @param {Manifest} manifest
 * @returns {string[]}
 */
export const entryPoints = ({ name, exports }) =>
  Object.keys(exports)
    .filter((path) => !path.endsWith('.json') && !path.includes('*'))
    .map((path) => name + path.slice(1));
