// Which browser the tests drive: one that is installed here. Nothing is downloaded.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A browser's executable, or why there is none. */
export interface Found {
  readonly path?: string | undefined;
  readonly missing?: string | undefined;
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** A software WebGPU adapter is switched on, and everything off that would reach for the network. */
export const browserArguments: string[] = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
];

/** DIFSR_CHROMIUM, or the first of the usual names on PATH. */
export function findBrowser(env: Readonly<Record<string, string | undefined>> = process.env): Found {
  const named = env['DIFSR_CHROMIUM'];
  if (named !== undefined && named !== '')
    return isExecutable(named) ? { path: named } : { missing: `DIFSR_CHROMIUM names ${named}, which cannot be run` };
  const folders = [...(env['PATH'] ?? '').split(delimiter), '/usr/bin'].filter((folder) => folder !== '');
  const path = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
  return path === undefined
    ? { missing: `needs a browser: none of ${NAMES.join(', ')} is on PATH (name one by DIFSR_CHROMIUM)` }
    : { path };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
