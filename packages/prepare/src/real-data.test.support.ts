// Where tests find the optional real data sets that lie beside the checkout (../shared/data), and the one place that reads the
// two environment variables about them: DIFSR_DATA moves the folder, DIFSR_REQUIRE_DATA=1 makes a missing file a failure.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';

const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url));

/** The path of a real data file, or why it cannot be had. */
export type RealData =
  | { readonly path: string; readonly missing?: never }
  | { readonly path?: never; readonly missing: string };

/**
 * Looks for a real data file.
 *
 * @param name path inside the folder of data sets, e.g. `s3rec/Beauty.txt`
 * @throws Error if it is missing and DIFSR_REQUIRE_DATA is 1
 */
export function realData(name: string): RealData {
  const folder = process.env['DIFSR_DATA'] ?? path.resolve(CHECKOUT, '../shared/data');
  const file = path.join(folder, name);
  if (existsSync(file)) return { path: file };
  const missing = `${file} is missing (optional real data; DIFSR_DATA names its folder)`;
  if (process.env['DIFSR_REQUIRE_DATA'] === '1') throw new Error(`${missing}, and DIFSR_REQUIRE_DATA=1 asks for it`);
  return { missing };
}

/** A test on a real data file: skipped with the reason where the file is missing, failing where DIFSR_REQUIRE_DATA is 1. */
export function testOnRealData(title: string, name: string, body: (file: string) => Promise<void>): void {
  test(title, async (context) => {
    const data = realData(name);
    if (data.path === undefined) {
      // The reporter of vitest.config.ts prints the reason.
      context.skip(data.missing);
      return;
    }
    await body(data.path);
  });
}
