// The programs of docs/guide/browser.md: bundled as they stand there, run in the page, and compared with what the guide says
// that they print.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

/** One program of the guide. */
export interface GuideProgram {
  readonly code: string;
  /** Lines of the `text` block that follows. */
  readonly printed: readonly string[];
}

/** The programs: every `js` block that a `text` block follows. */
export function guidePrograms(): GuideProgram[] {
  const guide = readFileSync(new URL('../../docs/guide/browser.md', import.meta.url), 'utf8');
  return [...guide.matchAll(/^```js\n(.*?)^```$[^`#]{0,200}^```text\n(.*?)^```$/gms)].map(
    ([, code = '', text = '']) => ({
      code,
      printed: text.trimEnd().split('\n'),
    }),
  );
}

/** Makes `virtual:guide/programs` export a function per program, in order, that runs it. */
export function guideModules(): Plugin {
  const programs = guidePrograms();
  // As if they were files beside the page's, so that their imports are found as the page's are.
  const place = fileURLToPath(new URL('./page/virtual-guide-', import.meta.url));
  return {
    name: 'guide',
    resolveId: (id) =>
      id.startsWith('virtual:guide/') ? `${place}${id.slice('virtual:guide/'.length)}.js` : undefined,
    load: (id) => {
      if (!id.startsWith(place)) return undefined;
      const name = id.slice(place.length, -'.js'.length);
      return name === 'programs'
        ? `export default [${programs.map(lazily).join(', ')}];`
        : programs[Number(name)]?.code;
    },
  };
}

function lazily(_: GuideProgram, number: number): string {
  return `() => import('virtual:guide/${number}')`;
}
