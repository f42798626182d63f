// Before all tests: a trained model and the pages' bundle are made, served on the loopback interface, and a browser is
// started. Without a browser nothing is made and the tests say why they are skipped, or fail under DIFSR_REQUIRE_BROWSER=1.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright';
import type { TestProject } from 'vitest/node';
import { bundlePages, type Bundle } from './bundle.js';
import { browserArguments, findBrowser, type Found } from './find-browser.js';
import { serve } from './serve.js';
import { trainRun, type TrainedRun } from './train-run.js';

/** What tests are given. */
export interface Site {
  /** Where the bundle and, under /runs/shop/, the run folder are served. */
  readonly url: string;
  /** Of the running browser, for Playwright. */
  readonly browser: string;
  readonly bundle: Bundle;
  readonly run: TrainedRun;
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** Why there is no browser. */
    missing: string | undefined;
    site: Site | undefined;
  }
}

/** Called by vitest. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const found: Found = findBrowser();
  provide('missing', found.missing);
  if (found.path === undefined) {
    provide('site', undefined);
    return () => Promise.resolve();
  }
  const folder = await mkdtemp(join(tmpdir(), 'difsr-browser-'));
  const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const tearDown = async (): Promise<void> => {
    for (const step of undo.toReversed()) await step();
  };
  try {
    const browser = await chromium.launchServer({ executablePath: found.path, args: browserArguments });
    undo.push(() => browser.close());
    const run = trainRun(join(folder, 'run'));
    const bundle = await bundlePages(join(folder, 'site'));
    const { url, close } = await serve({ '/runs/shop/': join(folder, 'run'), '/': join(folder, 'site') });
    undo.push(close);
    provide('site', { url, browser: browser.wsEndpoint(), bundle, run: await run });
  } catch (error) {
    await tearDown();
    throw error;
  }
  return tearDown;
}
