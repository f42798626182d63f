// The counts behind the closing line of `npm test`, from a real vitest run over files that pass, fail, skip and break.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../bootstrap.mjs';
import { closingLine } from '../closing-line.mjs';

const HEAD = "import { expect, it } from 'vitest';\n";
const FILES = {
  'passes.test.mjs': `${HEAD}it('one', () => expect(1).toBe(1));\nit('two', async ({ annotate }) => void (await annotate('took 2 s')));\n`,
  'fails.test.mjs': `${HEAD}it('three', () => expect(1).toBe(2));\n`,
  'breaks.test.mjs': `${HEAD}throw new Error('cannot be loaded');\n`,
  'skips.test.mjs': `${HEAD}it('four', ({ skip }) => skip('needs ../shared/data/s3rec/Beauty'));\nit('five', ({ skip }) => skip('needs a GPU'));\n`,
};

/**
 * Runs vitest with the reporter over some of the files.
 * @param {string} folder @param {readonly (keyof typeof FILES)[]} names @param {Record<string, string>} env
 */
function vitest(folder, names, env) {
  const report = mkdtempSync(join(folder, 'report-'));
  const args = ['run', '--root', folder, '--reporter', join(ROOT, 'scripts/checks/reporter.mjs')];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...args, ...names],
    {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, DIFSR_REQUIRE_DATA: '', ...env, DIFSR_TEST_REPORT: report },
    },
  );
  const file = readdirSync(report)[0];
  if (file === undefined) throw new Error(`no report:\n${stdout}${stderr}`);
  /** @type {import('./reporter.mjs').Results} */
  const results = JSON.parse(readFileSync(join(report, file), 'utf8'));
  return { status, stdout, stderr, results };
}

describe('counting reporter', () => {
  // Inside the repository, so that vitest can be imported from there; .turbo is ignored by git.
  mkdirSync(join(ROOT, '.turbo'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.turbo', 'reporter-'));
  beforeAll(() => {
    writeFileSync(join(folder, 'vitest.config.mjs'), 'export default {};\n'); // not the repository's
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('counts passes, failures and files that cannot be loaded, and fails', () => {
    const { status, results } = vitest(folder, ['passes.test.mjs', 'fails.test.mjs', 'breaks.test.mjs'], {});
    expect(results).toEqual({ passed: 2, failed: 2, skipped: [], notes: ['took 2 s'] });
    expect(status).toBe(1);
  });

  it('prints the reason of every skip and passes', () => {
    const { status, stdout, results } = vitest(folder, ['skips.test.mjs'], {});
    expect(results.skipped.map(({ note }) => note)).toEqual(['needs ../shared/data/s3rec/Beauty', 'needs a GPU']);
    expect(stdout).toContain('skipped: skips.test.mjs > four (needs ../shared/data/s3rec/Beauty)');
    expect(status).toBe(0);
  });

  it('turns a skip for missing real data, and only that, into a failure when data is required', () => {
    const { status, stderr, results } = vitest(folder, ['skips.test.mjs'], { DIFSR_REQUIRE_DATA: '1' });
    expect(results).toMatchObject({ passed: 0, failed: 1, skipped: [{ note: 'needs a GPU' }] });
    expect(stderr).toContain('FAILED, because DIFSR_REQUIRE_DATA=1: skips.test.mjs > four');
    expect(status).toBe(1);
  });
});

describe('closing line', () => {
  it.each([
    [{ passed: 12, failed: 0, skipped: 0 }, '12 passed, 0 failed'],
    [{ passed: 12, failed: 3, skipped: 1 }, '12 passed, 3 failed, 1 skipped'],
  ])('%o is %s', (total, line) => {
    expect(closingLine(total)).toBe(line);
  });
});
