// `pnpm soak repetition`: the tests of what a run survives, with the repetitions that the suite has no time for: a training on real data
// gives the same bytes 20 times in a row, each in a process of its own. Build first; it takes minutes, and needs ../shared/data.
import { join } from 'node:path';
import { ROOT } from '../bootstrap.mjs';
import { run, step } from '../steps.mjs';

try {
  await step('repetition', async () => {
    await run('pnpm', ['run', 'test', 'src/durability.test.ts'], {
      cwd: join(ROOT, 'apps', 'trainer'),
      env: { DIFSR_SOAK: '1', DIFSR_REQUIRE_DATA: '1' },
    });
  });
} catch {
  process.exitCode = 1; // the failing step has printed its output
}
