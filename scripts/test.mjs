// `npm test`: from a bare clone, install, build, then every check and every test. The last line is for machines:
// "N passed, N failed", with ", N skipped" where tests were skipped. Each check outside vitest counts as one.
// `--checks` leaves the tests out, `--tests` the checks.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { prepare, ROOT } from './bootstrap.mjs';
import { closingLine } from './closing-line.mjs';
import { run, step, StepError } from './steps.mjs';

/** Checks in the order of their speed. @type {readonly { name: string, command: readonly [string, ...string[]] }[]} */
const CHECKS = [
  { name: 'format', command: ['oxfmt', '--check'] },
  { name: 'lint, boundaries', command: ['oxlint', '--deny-warnings'] },
  { name: 'workspace', command: ['sherif', '--fail-on-warnings'] },
  { name: 'types of scripts', command: ['tsc', '-p', 'scripts'] },
  { name: 'unused code', command: ['knip', '--no-progress', '--no-config-hints'] },
  { name: 'packages', command: ['node', 'scripts/checks/packages.mjs'] },
  { name: 'docs site', command: ['node', 'scripts/docs.mjs', '--check'] },
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

/**
 * Reads one package's results, prints them and adds them to the total.
 * @param {string} file
 */
function addResults(file) {
  /** @type {import('./checks/reporter.mjs').Results} */
  const { passed, failed, skipped, notes } = JSON.parse(readFileSync(file, 'utf8'));
  const empty = passed + failed + skipped.length === 0;
  total.passed += passed;
  total.failed += empty ? 1 : failed;
  total.skipped += skipped.length;
  const counts = empty ? 'no tests: counted as a failure' : closingLine({ passed, failed, skipped: skipped.length });
  console.log(`     ${basename(file, '.json').padEnd(22)} ${counts}`);
  for (const { name, note } of skipped) console.log(`       skipped: ${name}${note ? ` (${note})` : ''}`);
  for (const note of notes) console.log(`       ${note}`);
}

/** Runs the tests of every package, at most two packages at a time, and adds up what their reporters wrote. */
async function tests() {
  const reports = mkdtempSync(join(tmpdir(), 'difsr-test-'));
  /** @type {Set<string>} */
  const seen = new Set();
  const collect = () => {
    for (const file of readdirSync(reports).sort()) {
      if (seen.has(file) || !file.endsWith('.json')) continue;
      seen.add(file);
      addResults(join(reports, file));
    }
  };
  const failedBefore = total.failed;
  const timer = setInterval(collect, 500); // packages appear as they finish
  try {
    await step('tests', async () => {
      const args = ['exec', 'turbo', 'run', 'test', '//#test:scripts', '--only', '--continue', '--concurrency=2'];
      await run('pnpm', [...args, '--output-logs=errors-only', '--no-color'], {
        cwd: ROOT,
        env: { DIFSR_TEST_REPORT: reports, TURBO_TELEMETRY_DISABLED: '1', NO_COLOR: '1' },
      }).finally(collect);
    });
  } catch {
    // A run that died without a report is a failure too.
    if (total.failed === failedBefore) total.failed++;
  } finally {
    clearInterval(timer);
    rmSync(reports, { recursive: true, force: true });
  }
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
