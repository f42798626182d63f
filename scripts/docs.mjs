// `npm run docs` or `pnpm run docs`: the docs site, with the API reference made from the docstrings, into docs/.vitepress/dist.
// (`pnpm docs` without "run" is a command of pnpm's own, whose place no script can take: decision 0047.)
//   --check   change no file that is committed: `npm test` builds the site so
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, ROOT } from './bootstrap.mjs';
import { run, step } from './steps.mjs';

try {
  // The API reference reads the sources; the page of descriptions needs the schema of the prepare package.
  await prepare({ projects: ['packages/prepare'], quiet: true });
  // These need what was installed just now.
  const { writeApi } = await import('./docs/api.mjs');
  const { ATTENTION_CONFIG, attentionConfigPage } = await import('./docs/attention-config.mjs');
  const { DESCRIPTION, descriptionPage } = await import('./docs/description.mjs');
  const { checkLinks } = await import('./docs/links.mjs');
  if (!process.argv.includes('--check')) {
    writeFileSync(join(ROOT, ATTENTION_CONFIG), attentionConfigPage());
    writeFileSync(join(ROOT, DESCRIPTION), await descriptionPage());
  }
  await step('API reference', writeApi);
  await step('site', async () => {
    await run('pnpm', ['exec', 'vitepress', 'build', 'docs'], { cwd: ROOT });
    return 'docs/.vitepress/dist';
  });
  await step('links', async () => checkLinks(join(ROOT, 'docs', '.vitepress', 'dist')));
  // Browsers load neither styles nor scripts of files that are opened as such.
  if (!process.argv.includes('--check')) console.log('look at it: pnpm exec vitepress preview docs');
} catch {
  process.exitCode = 1; // the failing step has printed its output
}
