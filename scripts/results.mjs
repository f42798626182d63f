// `pnpm results`: writes the tables of figures in README and docs anew, from the files under docs/results. They stand between
// `<!-- generated: measured NAME -->` (or `compared NAME PROTOCOL`, `published DATA PROTOCOL`) and `<!-- end -->`; a test checks that none is
// out of date. Build first.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './bootstrap.mjs';
import { pagesWithFigures } from './results/pages.mjs';
import { updated } from './results/tables.mjs';

for (const page of pagesWithFigures()) {
  const before = readFileSync(join(ROOT, page), 'utf8');
  const after = updated(before);
  if (after === before) continue;
  writeFileSync(join(ROOT, page), after);
  console.log(page);
}
