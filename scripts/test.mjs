// `npm test`: from a bare clone, install, build, then every check and every test. The last line is for machines:
// "N passed, N failed", with ", N skipped" where tests were skipped. Each check outside vitest counts as one.
// `--checks` leaves the tests out, `--tests` the checks.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare, ROOT } from './bootstrap.mjs';
import { closingLine } from './closing-line.mjs';
import { run, step, StepError } from './steps.mjs';

/** Checks in the order of their speed. @type {readonly { name: string, command: readonly [string, ...string[]] }[]} */
const CHECKS = [
  { name: 'format', command: ['oxfmt', '--check'] },
  { name: 'lint, boundaries', command: ['oxlint', '--deny-warnings'] },
  { name: 'workspace', command: ['sherif', '--fail-on-warnings'] },
  { name: 'types of scripts', command: ['tsc', '-p', 'scripts'] },
  { name: 'unused code', command: ['knip', '--no-progress'] },
  { name: 'packages', command: ['node', 'scripts/checks/packages.mjs'] },
];

const total = { passed: 0, failed: 0, skipped: 0 };

/** Runs one check as a step and counts it. @param {string} name @param {() => Promise<unknown>} work */
async function counted(name, work) {
  try {
    await step(name, async () => void (await work()));
    total.passed++;
  } catch {
    total.failed++; // the step has printed why
  }
}

/** Runs the tests of every package, at most two packages at a time, and adds up what their reporters wrote. */
async function tests() {
  const reports = mkdtempSync(join(tmpdir(), 'difsr-test-'));
  let failure;
  try {
    await step('tests', async () => {
      const args = ['exec', 'turbo', 'run', 'test', '//#test:scripts', '--only', '--continue', '--concurrency=2'];
      await run('pnpm', [...args, '--output-logs=errors-only', '--no-color'], {
        cwd: ROOT,
        env: { DIFSR_TEST_REPORT: reports, TURBO_TELEMETRY_DISABLED: '1', NO_COLOR: '1' },
      });
    });
  } catch (error) {
    failure = error;
  }
  let failed = 0;
  for (const file of readdirSync(reports).sort()) {
    /** @type {import('./checks/reporter.mjs').Results} */
    const results = JSON.parse(readFileSync(join(reports, file), 'utf8'));
    total.passed += results.passed;
    total.skipped += results.skipped.length;
    failed += results.failed;
    const counts = `${results.passed} passed, ${results.failed} failed`;
    console.log(`     ${file.replace('.json', '').padEnd(20)} ${counts}`);
    for (const { name, note } of results.skipped) console.log(`       skipped: ${name}${note ? ` (${note})` : ''}`);
  }
  rmSync(reports, { recursive: true, force: true });
  // A run that died without a report is a failure too.
  total.failed += failure !== undefined && failed === 0 ? 1 : failed;
}

const only = process.argv[2];
try {
  await prepare();
  if (only !== '--tests') {
    for (const { name, command } of CHECKS) {
      await counted(name, () => run('pnpm', ['exec', ...command], { cwd: ROOT }));
    }
  }
  if (only !== '--checks') await tests();
} catch (error) {
  if (!(error instanceof StepError)) console.error(error);
  total.failed++;
}
console.log(closingLine(total));
process.exitCode = total.failed > 0 ? 1 : 0;
