// `npm run docs`: the docs site, with the API reference made from the docstrings, into docs/.vitepress/dist.
// (`pnpm docs` is a command of pnpm's own, and no script can take its place: use `pnpm run docs`.)
//   --serve   afterwards, serve it on this machine
import { join } from 'node:path';
import { ROOT } from './bootstrap.mjs';
import { run, step } from './steps.mjs';

const { writeApi } = await import('./docs/api.mjs');
await step('API reference', writeApi);
await step('site', () => run('pnpm', ['exec', 'vitepress', 'build', 'docs'], { cwd: ROOT }).then(() => 'docs/.vitepress/dist'));
