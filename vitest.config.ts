import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// One configuration for every package: each package's `test` script runs it with its own folder as root.
// Tests import other packages through their published entry points (dist), so a build comes first.
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'scripts/**/*.test.mjs'],
    testTimeout: 300_000, // a test that takes 5 s alone took a minute on two cores that eight others used
    hookTimeout: 300_000, // hooks start devices, train and build: a busy machine takes its time
    pool: 'forks',
    // The files of a package share a process and what they import: to start and load again cost a second and more for each.
    // So what a file changes in the process (environment, folder, listeners) it puts back. `--isolate` in the `test` script of
    // a package that measures its memory, or in which native runtimes meet, which users do not load together.
    isolate: false,
    // What is built is loaded as users load it: to transform it for each file of tests would take a second each time.
    server: { deps: { external: [/\/dist\//] } },
    // The second one counts results for `npm test` and turns missing real data into failures (DIFSR_REQUIRE_DATA).
    reporters: ['default', fileURLToPath(new URL('./scripts/checks/reporter.mjs', import.meta.url))],
  },
});
