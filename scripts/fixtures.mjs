// `pnpm fixtures DIR [--backend NAME]`: builds what is out of date, then checks a folder of golden tensors.
// stdout carries the command's own lines only, so that a program can read them.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare, ROOT } from './bootstrap.mjs';

try {
  await prepare({ projects: ['fixtures'], quiet: true });
} catch {
  process.exit(1); // the failing step has printed its output
}
// DIR is relative to the root: pnpm runs root scripts there.
const { status } = spawnSync(process.execPath, [join(ROOT, 'fixtures', 'dist', 'main.js'), ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
});
process.exit(status ?? 1);
