// A page of the bundle in the running browser. Whatever the page prints as an error, or throws, fails the test that used it.
import { chromium, type Browser, type JSHandle } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject } from 'vitest';
import type { Actions } from './page/main.js';
import type { Site } from './setup.js';

/** What tests do with the page. */
export interface Tested {
  /** Runs a function in the page, which sees its two arguments alone. Argument and result cross as JSON. */
  use<A, R>(work: (actions: Actions, argument: A) => Promise<R>, argument: A): Promise<R>;
  /** What the page has printed with console.log since the test began. */
  readonly printed: readonly string[];
  readonly site: Site;
}

/**
 * A page for the tests of a file. Skips the tests where there is no browser.
 *
 * @throws Error under DIFSR_REQUIRE_BROWSER=1 where there is no browser.
 */
export function usePage(): Tested {
  const missing = inject('missing');
  const site = inject('site');
  let browser: Browser | undefined;
  let actions: JSHandle<Actions> | undefined;
  let printed: string[] = [];
  let problems: string[] = [];

  beforeAll(async () => {
    if (missing !== undefined && process.env['DIFSR_REQUIRE_BROWSER'] === '1')
      throw new Error(`DIFSR_REQUIRE_BROWSER=1, but: ${missing}`);
    if (site === undefined) return;
    browser = await chromium.connect(site.browser);
    const page = await browser.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
      if (message.type() === 'log') printed.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('requestfailed', (request) => problems.push(`${request.url()}: ${request.failure()?.errorText}`));
    await page.goto(site.url);
    actions = await page.evaluateHandle(() => globalThis.actions);
  });
  beforeEach(({ skip }) => {
    skip(site === undefined, missing);
    printed = [];
  });
  afterEach(() => {
    const found = problems;
    problems = [];
    expect(found, 'errors in the page').toEqual([]);
  });
  afterAll(() => browser?.close());

  return {
    get printed() {
      return printed;
    },
    get site() {
      if (site === undefined) throw new Error('there is no browser');
      return site;
    },
    use: (work, argument) => {
      if (actions === undefined) throw new Error('there is no page');
      // Playwright's type of a function's argument is a conditional one, which a generic argument cannot satisfy.
      return actions.evaluate(work as (actions: Actions, argument: unknown) => ReturnType<typeof work>, argument);
    },
  };
}
