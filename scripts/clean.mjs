// `pnpm clean`: removes what a build leaves. The build information lies inside dist, so the next build is complete.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './bootstrap.mjs';

const folders = ['packages', 'apps'].flatMap((group) =>
  readdirSync(join(ROOT, group)).map((name) => join(group, name)),
);
for (const folder of [...folders, 'fixtures']) {
  for (const name of ['dist', '.turbo']) {
    const path = join(ROOT, folder, name);
    if (existsSync(path)) rmSync(path, { recursive: true });
  }
}
for (const path of ['docs/api', 'docs/.vitepress/dist', 'docs/.vitepress/cache']) {
  rmSync(join(ROOT, path), { recursive: true, force: true });
}
