// difsr data stats as users call it: text, JSON, page and drawings, of files and of a prepared folder.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { descriptionSchema, prepareDataset } from '@difsr/prepare';
import { beforeAll, describe, expect, it } from 'vitest';
import { difsr, freshFolder, writeRecbole, writeS3Rec } from '../command.test.support.js';

/** The parts of the JSON that are looked at. */
interface Printed {
  readonly format: string;
  readonly users: number;
  readonly analysis: { readonly split: { readonly method: string } };
  readonly findings: readonly { readonly level: string; readonly code: string; readonly what: string }[];
}

let cwd: string;
beforeAll(async () => {
  cwd = await freshFolder();
  await writeRecbole(cwd);
  const source = { files: 'shop/shop.inter', format: 'atomic' };
  const description = descriptionSchema.parse({
    name: 'shop',
    interactions: { ...source, user: 'user_id', item: 'item_id', time: { column: 'timestamp', unit: 'order' } },
    items: {
      files: 'shop/shop.item',
      format: 'atomic',
      id: 'item_id',
      name: 'title',
      fields: {
        categories: { kind: 'multi-categorical', separator: ' ' },
        brand: { kind: 'categorical' },
      },
    },
  });
  await prepareDataset(description, { out: join(cwd, 'prepared'), base: cwd });
});

async function printed(...args: readonly string[]): Promise<Printed> {
  const { code, stdout, stderr } = await difsr(['data', 'stats', ...args, '--json'], { cwd });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout) as Printed; // the command's own form
}

describe('difsr data stats', () => {
  it('says the same of files and of the folder that was prepared from them', async () => {
    const { format, ...files } = await printed('shop');
    const { format: prepared, ...folder } = await printed('prepared', '--memory-limit', '200MB', '--threads', '1');
    expect([format, prepared]).toEqual(['recbole', 'prepared']);
    // Files are filtered by the run, what is prepared by the preparation: the same advice by two names.
    const ofFolder: unknown = JSON.parse(
      JSON.stringify({ ...files, report: [] }).replaceAll(
        /"option":"data\.(user|item)Min"/g,
        '"option":"filters.$1Min"',
      ),
    );
    expect({ ...folder, report: [] }).toEqual(ofFolder);
  });

  it('counts, as text and as JSON', async () => {
    const clicks = await writeS3Rec(cwd);
    const { stdout } = await difsr(['data', 'stats', clicks, '--json'], { cwd });
    const interactions = (await readFile(`${clicks}.txt`, 'utf8'))
      .trim()
      .split('\n')
      .reduce((sum, line) => sum + line.split(' ').length - 1, 0);
    expect(JSON.parse(stdout)).toMatchObject({
      users: 40,
      interactions,
      attributes: { attributes: 8 },
      report: expect.any(Array) as unknown,
    });
    const text = await difsr(['data', 'stats', 'shop', '--set', 'data.userMin=8'], { cwd });
    expect(text.stdout).toMatch(/^users +\d+$/m);
    expect(text.stdout).toContain('multi-categorical');
  });

  it('writes a page and drawings, and says where', async () => {
    const { code, stdout } = await difsr(['data', 'stats', 'prepared', '--html', 'shop.html', '--svg', 'plots/shop'], {
      cwd,
    });
    expect(code).toBe(0);
    expect(stdout).toContain('written: shop.html\n');
    const drawings = await readdir(join(cwd, 'plots/shop'));
    expect(drawings.toSorted()).toEqual([
      'field-1.svg',
      'field-2.svg',
      'item-interactions.svg',
      'lengths.svg',
      'long-tail.svg',
      'time.svg',
    ]);
    const page = await readFile(join(cwd, 'shop.html'), 'utf8');
    expect(page.match(/<svg /g)).toHaveLength(drawings.length);
  });

  it('marks what should make one think, with the cure beneath', async () => {
    const rows = Array.from(
      { length: 200 },
      (_, at) => `u${at % 20}\ti${at % 20 === 0 ? 0 : at}\t${1e9 + Math.floor(at / 20)}`,
    );
    await writeFile(join(cwd, 'echo.inter'), `user_id:token\titem_id:token\ttimestamp:float\n${rows.join('\n')}\n`);
    const { stdout } = await difsr(['data', 'stats', 'echo.inter'], { cwd });
    expect(stdout).toMatch(/^! .*repeat the item just before\n {2}a model learns to echo/m);
    expect((await printed('echo.inter')).findings.map(({ code }) => code)).toContain('same-item-in-a-row');
  });

  it('says which folder cannot be made or written', async () => {
    const page = await difsr(['data', 'stats', 'shop', '--html', 'nowhere/shop.html'], { cwd });
    expect([page.code, page.stderr]).toEqual([1, expect.stringContaining('nowhere/shop.html')]);
    const drawings = await difsr(['data', 'stats', 'shop', '--svg', 'echo.inter'], { cwd });
    expect([drawings.code, drawings.stderr]).toEqual([2, expect.stringMatching(/--svg echo\.inter: .*\n +cure: /)]);
  });
});
