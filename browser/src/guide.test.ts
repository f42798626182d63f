// The programs of docs/guide/browser.md print what the guide says.
import { expect, it } from 'vitest';
import { guidePrograms } from './guide.js';
import { usePage } from './page.test.support.js';

const page = usePage();

it.each(guidePrograms().map(({ printed }, number) => ({ number, printed })))(
  'program $number of the guide',
  async ({ number, printed }) => {
    await page.use((actions, program) => actions.guide(program), number);
    expect(page.printed).toEqual(printed);
  },
);
