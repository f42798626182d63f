// The pictures of the docs: `node scripts/docs-pictures.mjs` draws them from docs/pictures/measured.json, after a build.
//   --measure   first train two small models and measure them anew (a few minutes)
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './bootstrap.mjs';
import { drawPictures, MEASURED } from './docs/pictures.mjs';

if (process.argv.includes('--measure')) {
  const { measure } = await import('./docs/measure.mjs');
  writeFileSync(join(ROOT, MEASURED), `${JSON.stringify(await measure())}\n`);
}
for (const [path, content] of drawPictures(JSON.parse(readFileSync(join(ROOT, MEASURED), 'utf8')))) {
  writeFileSync(join(ROOT, path), content);
  console.log(path);
}
