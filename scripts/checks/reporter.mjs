// Vitest reporter: writes the counts that `npm test` adds up, prints why tests were skipped and what tests measured
// (`context.annotate`), and with DIFSR_REQUIRE_DATA=1 turns a skip for missing real data into a failure.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Tests that need real data skip with a note that names this folder. */
const DATA = '../shared/data';

/**
 * What one package's test run gave.
 * @typedef {{ passed: number, failed: number, skipped: { name: string, note: string }[], notes: string[] }} Results
 *   notes: annotations of tests that passed
 */

/**
 * Adds up a run. A file that cannot be loaded and an error outside of any test each count as one failure.
 *
 * @param {readonly import('vitest/node').TestModule[]} modules
 * @param {readonly unknown[]} unhandledErrors
 * @param {boolean} requireData
 * @returns {Results & { missingData: string[] }}
 */
export function summarize(modules, unhandledErrors, requireData) {
  /** @type {Results & { missingData: string[] }} */
  const results = { passed: 0, failed: unhandledErrors.length, skipped: [], notes: [], missingData: [] };
  for (const module of modules) {
    const suites = [module, ...module.children.allSuites()];
    results.failed += suites.filter((suite) => suite.errors().length > 0).length;
    for (const test of module.children.allTests()) {
      const result = test.result();
      const name = `${relative(process.cwd(), module.moduleId)} > ${test.fullName}`;
      if (result.state === 'passed') {
        results.passed++;
        results.notes.push(...test.annotations().map(({ message }) => message));
      } else if (result.state === 'skipped') {
        const note = result.note ?? '';
        if (requireData && note.includes(DATA)) {
          results.failed++;
          results.missingData.push(`${name}: ${note}`);
        } else results.skipped.push({ name, note });
      } else results.failed++; // failed, or never finished
    }
  }
  return results;
}

export default class CountingReporter {
  /** @param {readonly import('vitest/node').TestModule[]} modules @param {readonly unknown[]} unhandledErrors */
  onTestRunEnd(modules, unhandledErrors) {
    const { missingData, ...results } = summarize(modules, unhandledErrors, process.env['DIFSR_REQUIRE_DATA'] === '1');
    for (const { name, note } of results.skipped) console.log(`skipped: ${name}${note ? ` (${note})` : ''}`);
    for (const note of results.notes) console.log(`note: ${note}`);
    for (const missing of missingData) console.error(`FAILED, because DIFSR_REQUIRE_DATA=1: ${missing}`);
    if (missingData.length > 0) process.exitCode = 1;
    const folder = process.env['DIFSR_TEST_REPORT'];
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    const name = relative(join(import.meta.dirname, '..', '..'), process.cwd()).replaceAll(/[\\/]/g, '-') || 'root';
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(results));
    renameSync(path, `${path}.json`); // a reader never sees half a file
  }
}
