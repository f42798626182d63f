// `pnpm soak recommender`, for a moment: that what it does can be done, and that it compares what it says it does.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('./recommender.mjs', import.meta.url));

it.each(['thread', 'worker'])('a recommender under many callers answers each as if alone: %s', (backend) => {
  // What a process grows by in its first moments says nothing of what it keeps: the limit is that of the long run.
  const args = ['--expose-gc', script, '--backend', backend, '--calls', '20', '--items', '300', '--limit', '200'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^20 calls, .* MiB in use \(heapUsed \+ external\), .* MiB resident$/m);
  expect(stdout).toMatch(/[1-9]\d* answers under load compared with those that are given alone$/m);
  expect(status).toBe(0);
});
