// Names modules after what users import ("@difsr/attention/tfjs"), not after their files, puts the package's README above
// its API, and leaves out what says nothing.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { Converter, ReflectionKind } from 'typedoc';
import { ROOT } from '../bootstrap.mjs';
import { entryPoints } from './entry-points.mjs';

/**
 * A README with its relative links as seen from the page that shows it.
 *
 * @param {string} folder the package's
 * @param {string} page path of the page, from the repository's root
 */
function readme(folder, page) {
  const path = join(ROOT, folder, 'README.md');
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8').replace(/\]\((?![a-z]+:|#)([^)\s]+)\)/g, (_, link) => {
    const seen = relative(join(ROOT, dirname(page)), join(ROOT, folder, link));
    return `](${seen.split(sep).join('/')})`;
  });
  // A line, and no heading, between it and the API: a second title would name the page in the search.
  return `${text.trimEnd()}\n\n***\n`;
}

/** @param {import('typedoc').Application} app Called by typedoc. */
export function load(app) {
  const entries = new Map(entryPoints().map((entry) => [join(ROOT, entry.source), entry]));
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    if (!reflection.kindOf(ReflectionKind.Module)) return;
    const file = context.getSymbolFromReflection(reflection)?.declarations?.[0]?.getSourceFile().fileName;
    const entry = file === undefined ? undefined : entries.get(file);
    if (entry === undefined) return;
    reflection.name = entry.name;
    const text = entry.main ? readme(entry.folder, `docs/api/${entry.name}.md`) : undefined;
    if (text !== undefined) reflection.readme = [{ kind: 'text', text }];
  });
  // The constructors that every error class has from Error say nothing.
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const constructor of project.getReflectionsByKind(ReflectionKind.Constructor)) {
      if (!constructor.isDeclaration()) continue;
      const inherited = constructor.inheritedFrom ?? constructor.signatures?.[0]?.inheritedFrom;
      if (/^\w*Error\./.test(inherited?.name ?? '')) project.removeReflection(constructor);
    }
  });
}
