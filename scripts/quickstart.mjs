// `npm run quickstart`: from a bare clone to two trained models on the generated data, side by side.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare, ROOT } from './bootstrap.mjs';

try {
  await prepare({ projects: ['apps/trainer'] });
} catch {
  process.exit(1); // the failing step has printed its output
}
const { status } = spawnSync(
  process.execPath,
  [join(ROOT, 'apps', 'trainer', 'dist', 'main.js'), 'quickstart', ...process.argv.slice(2)],
  { cwd: ROOT, stdio: 'inherit' },
);
process.exit(status ?? 1);
