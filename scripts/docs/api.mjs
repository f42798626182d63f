// docs/api from the docstrings: one page per entry point of every public package. A broken link or a public export
// without a docstring fails.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Application, TSConfigReader, TypeDocReader } from 'typedoc';
import { ROOT } from '../bootstrap.mjs';
import { entryPoints } from './entry-points.mjs';

/** The messages of typedoc were errors: the reference was not written, or parts of it are missing. */
class ApiError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'ApiError';
  }
}

/** Paragraphs in which code has a beginning and no end, with their pages. @param {string} folder */
const unpaired = (folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) =>
      readFileSync(join(folder, path), 'utf8')
        .replace(/^ *```.*?^ *```\s*$/gms, '')
        .split(/\n\s*\n/)
        .filter((paragraph) => (paragraph.match(/`/g)?.length ?? 0) % 2 === 1)
        .map((paragraph) => `${path}: ${paragraph.slice(0, 120)}`),
    );

/**
 * typedoc names the anchor of `DATA_FORMATS` data_formats, vitepress data-formats.
 *
 * @param {string} folder
 */
function vitepressAnchors(folder) {
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.md')) continue;
    const text = readFileSync(join(folder, path), 'utf8');
    const changed = text.replace(/\]\(([^)\s]*#)([^)\s]*_[^)\s]*)\)/g, (link, page, anchor) =>
      /^[a-z]+:/.test(page) ? link : `](${page}${anchor.replaceAll('_', '-')})`,
    );
    if (changed !== text) writeFileSync(join(folder, path), changed);
  }
}

/**
 * Writes docs/api.
 *
 * @returns {Promise<string>} what was written, for the step's line
 * @throws {ApiError} when an export is undocumented, a link leads nowhere or the sources cannot be read
 */
export async function writeApi() {
  const entries = entryPoints();
  // Packages import each other by name, which resolves to built declarations: here to the sources, so that links between
  // packages work and nothing needs to be built.
  const folder = join(ROOT, 'node_modules', '.cache', 'difsr-docs');
  const tsconfig = join(folder, 'tsconfig.json');
  const compilerOptions = {
    composite: false,
    paths: Object.fromEntries(entries.map(({ name, source }) => [name, [join(ROOT, source)]])),
  };
  const files = entries.map(({ source }) => join(ROOT, source));
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    tsconfig,
    JSON.stringify({ extends: join(ROOT, 'tsconfig.base.json'), compilerOptions, files }, null, 2),
  );
  const app = await Application.bootstrapWithPlugins(
    {
      options: join(ROOT, 'typedoc.json'),
      tsconfig,
      entryPoints: files,
      // By default only the root's own package, which has no sources.
      packagesRequiringDocumentation: entries.filter(({ main }) => main).map(({ name }) => name),
    },
    [new TypeDocReader(), new TSConfigReader()],
  );
  const project = await app.convert();
  if (project === undefined) throw new ApiError('typedoc could not read the sources: see above');
  app.validate(project);
  await app.generateOutputs(project);
  if (app.logger.hasErrors() || app.logger.validationWarningCount > 0 || app.logger.hasWarnings())
    throw new ApiError('the API reference is not complete: typedoc names what is undocumented or broken above');
  vitepressAnchors(join(ROOT, 'docs', 'api'));
  const odd = unpaired(join(ROOT, 'docs', 'api'));
  if (odd.length > 0) throw new ApiError(`docstrings with an unpaired backtick: ${odd.join('; ')}`);
  return `${entries.length} modules`;
}
