import { defineConfig } from 'vitest/config';

// One configuration for every package: each package's `test` script runs it with its own folder as root.
// Tests import other packages through their published entry points (dist), so a build comes first.
export default defineConfig({
  test: { include: ['src/**/*.test.ts'], testTimeout: 120_000, pool: 'forks' },
});
