// difsr data prepare as users call it, and training on raw files: the built command over files of several forms.
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, readDescription } from '@difsr/prepare';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { difsr, difsrProcess, freshFolder, snapshot, TINY, WINDOWS, writeRecbole } from '../command.test.support.js';

let cwd: string;
beforeAll(async () => {
  cwd = await freshFolder();
  await writeRecbole(cwd);
  // The same log and catalogue as a shop would have them: its own names, quotes, times and separators.
  const log = (await readFile(join(cwd, 'shop/shop.inter'), 'utf8')).trim().split('\n').slice(1);
  const clicks = log.map((line) => {
    const [user, item, time] = line.split('\t');
    const date = new Date((1_600_000_000 + Number(time) * 60) * 1000).toISOString();
    return `${user};"${item}";${date.slice(8, 10)}.${date.slice(5, 7)}.${date.slice(0, 4)} ${date.slice(11, 16)}`;
  });
  await writeFile(join(cwd, 'clicks.csv'), `Kunden-Nr;Artikel;Zeit\n${clicks.join('\n')}\n`);
  const items = (await readFile(join(cwd, 'shop/shop.item'), 'utf8')).trim().split('\n').slice(1);
  const objects = items.map((line, index) => {
    const [id, categories, brand, title] = line.split('\t');
    const price = Math.round((index * 37) % 101) + 0.5;
    return JSON.stringify({
      sku: id,
      tags: (categories ?? '').split(' '),
      brand,
      title,
      price,
      page: `https://x.org/${id}`,
    });
  });
  await writeFile(join(cwd, 'catalogue.jsonl'), `${objects.join('\n')}\n`);
});
afterAll(() => rm(cwd, { recursive: true }));

const NAMED = ['--user', 'Kunden-Nr', '--item', 'Artikel', '--time', 'Zeit'];

async function manifestOf(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(cwd, folder, 'dataset.json'), 'utf8')) as Manifest; // the command's own form
}

it('shows what it inferred, writes a description, and gives the data set that the loader gives', async () => {
  const { code, stdout, stderr } = await difsr(
    ['data', 'prepare', 'clicks.csv', '--items', 'catalogue.jsonl', '--out', 'data/mine', ...NAMED],
    { cwd },
  );
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toMatch(/interactions\.Kunden-Nr +user .* named by you/);
  expect(stdout).toMatch(/interactions\.Zeit +time .* text like/);
  expect(stdout).toMatch(/items\.sku +id .*100 % of the ids in "Artikel"/);
  expect(stdout).toMatch(/items\.tags +multi-categorical/);
  expect(stdout).toMatch(/items\.price +numeric/);
  expect(stdout).toMatch(/not used: items\.page: addresses of pages/);
  expect(stdout).toContain('next: npx difsr train --data data/mine');
  const description = await readDescription(join(cwd, 'data/mine.yaml'));
  expect(description).toMatchObject({
    name: 'mine',
    interactions: {
      files: '../clicks.csv',
      delimiter: ';',
      user: 'Kunden-Nr',
      time: { column: 'Zeit', format: '%d.%m.%Y %H:%M' },
    },
    items: { files: '../catalogue.jsonl', id: 'sku', name: 'title' },
  });
  // Against the strict reader of the atomic files, which knows nothing of all this.
  const direct = await difsr(['data', 'stats', 'shop', '--json'], { cwd });
  const { users, items, interactions } = JSON.parse(direct.stdout) as Record<string, number>; // the command's own form
  expect((await manifestOf('data/mine')).counts).toMatchObject({ users, items, interactions });
});

it('prepares an edited description again, and does not write over it', async () => {
  const file = join(cwd, 'data/mine.yaml');
  await writeFile(file, (await readFile(file, 'utf8')).replace('# userMin: 5', 'userMin: 6'));
  const before = await snapshot(join(cwd, 'data'));
  const again = ['data', 'prepare', 'clicks.csv', '--items', 'catalogue.jsonl', '--out', 'data/mine', ...NAMED];
  const refused = await difsr(again, { cwd });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(
    /data\/mine.yaml: exists.*\n {2}cure: .*difsr data prepare data\/mine.yaml.*--overwrite/,
  );
  expect(await snapshot(join(cwd, 'data'))).toEqual(before);
  const { code, stdout } = await difsr(['data', 'prepare', 'data/mine.yaml', '--split', 'ratio:0.2,0.2'], { cwd });
  expect(code).toBe(0);
  expect(stdout).toMatch(/only users with 6 or more interactions/);
  const { description } = await manifestOf('data/mine');
  expect(description.filters.userMin).toBe(6);
  expect(description.split).toEqual({ method: 'ratio', valid: 0.2, test: 0.2 });
});

it('sets unusable rows aside and says how many; events as JSON', async () => {
  const text = await readFile(join(cwd, 'clicks.csv'), 'utf8');
  await writeFile(join(cwd, 'dirty.csv'), `${text}u1;;01.01.2021 10:00\nu1;i1;soon\nu1;i1\n`);
  const { code, stdout } = await difsr(['data', 'prepare', 'dirty.csv', '--json', ...NAMED], { cwd });
  expect(code).toBe(0);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>); // the command's own form
  expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['inferred', 'written', 'step', 'prepared']));
  expect(events.at(-1)).toMatchObject({ kind: 'prepared', quarantined: 3, quarantine: 'data/dirty.quarantine.jsonl' });
  const aside = (await readFile(join(cwd, 'data/dirty.quarantine.jsonl'), 'utf8')).trim().split('\n');
  const rows = text.trim().split('\n').length;
  expect(aside.map((line) => (JSON.parse(line) as { line: number }).line)).toEqual([rows + 1, rows + 2, rows + 3]);
});

it('counts returns, and the filter that it names works as it is printed; says how numbers are read', async () => {
  const rows = Array.from(
    { length: 60 },
    (_, row) => `u${row % 6},i${row % 11},${row},${row % 9 === 4 ? -1 : 1 + (row % 3)}`,
  );
  await writeFile(join(cwd, 'orders.csv'), `user,item,time,quantity\n${rows.join('\n')}\n`);
  const prices = Array.from({ length: 11 }, (_, item) => `i${item},"${item + 1},250"`);
  await writeFile(join(cwd, 'prices.csv'), `item,price\n${prices.join('\n')}\n`);
  const prepare = ['data', 'prepare', 'orders.csv', '--items', 'prices.csv', '--out', 'orders'];
  const { stdout } = await difsr(prepare, { cwd });
  expect(stdout).toMatch(/items\.price: "1,250" is 1\.25 or 1250, .* --decimal "," or --decimal "\."/);
  const hint =
    /interactions with a "quantity" of 0 or less \(7\): returns count as purchases; (--set "[^"]+") leaves them out/.exec(
      stdout,
    );
  const set = /"(.*)"/.exec(hint?.[1] ?? '')?.[1] ?? '';
  const stats = await difsr(['data', 'stats', 'orders'], { cwd });
  expect(stats.stdout).toContain('7 interactions have a "quantity" of 0 or less');
  const without = await difsr([...prepare, '--set', set, '--decimal', ',', '--overwrite'], { cwd });
  expect(without.stdout).not.toContain('returns count as purchases');
  const { counts, description } = await manifestOf('orders');
  expect(counts.interactions).toBe(53);
  expect(description.filters.interactions).toBe('quantity > 0');
  expect(description.items?.fields).toEqual({ price: { kind: 'numeric', decimal: ',' } });
  const wrong = await difsr([...prepare, '--decimal', ';'], { cwd });
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/Allowed choices are ,, \./)]);
});

it('where nothing is left, says what took it in the terms of the call, and leaves no description', async () => {
  await writeFile(join(cwd, 'few.csv'), 'user,item,time\nu,a,1\nu,b,2\nv,a,3\n');
  const call = ['data', 'prepare', 'few.csv', '--user-min', '10000'];
  const { code, stderr } = await difsr(call, { cwd });
  expect(code).toBe(3);
  expect(stderr).toMatch(
    /^error: few\.csv: nothing is left of 3 interactions: counts took 3 .*\n {2}cure: lower filters\.userMin \(--user-min\), which is 10000$/m,
  );
  expect(existsSync(join(cwd, 'data', 'few.yaml'))).toBe(false);
  // What was there is there again.
  expect((await difsr(call.slice(0, 3), { cwd })).code).toBe(0);
  const before = await readFile(join(cwd, 'data', 'few.yaml'), 'utf8');
  expect((await difsr([...call, '--overwrite'], { cwd })).code).toBe(3);
  expect(await readFile(join(cwd, 'data', 'few.yaml'), 'utf8')).toBe(before);
  const train = await difsr(['train', '--data', 'few.csv', '--set', 'data.userMin=9'], { cwd });
  expect([train.code, train.stderr]).toEqual([3, expect.stringContaining('cure: lower data.userMin, which is 9')]);
});

it.skipIf(WINDOWS)('writes nothing when dry, and nothing when interrupted', async () => {
  const before = await snapshot(cwd);
  const dry = await difsr(['data', 'prepare', 'clicks.csv', ...NAMED, '--dry-run'], { cwd });
  expect(dry.code).toBe(0);
  expect(dry.stdout).toContain('\ninteractions:\n  files: "../clicks.csv"\n');
  expect(await snapshot(cwd)).toEqual(before);
  await writeLarge();
  let sent = false;
  const stopped = await difsrProcess(['data', 'prepare', 'large.csv', '--threads', '1'], {
    cwd,
    watch: (stdout, kill) => {
      if (sent || !stdout.includes('looking at the files')) return;
      sent = true;
      kill('SIGINT');
    },
  });
  expect(stopped.stdout).toContain('interrupted: nothing was written\n');
  expect(stopped.code).toBe(130);
  expect((await readdir(join(cwd, 'data'))).filter((name) => name.startsWith('large'))).toEqual([]);
});

it.skipIf(WINDOWS)(
  'a training that is interrupted while its files are prepared leaves nothing, and says so',
  async () => {
    await writeLarge();
    const [cache, temporary] = await Promise.all([freshFolder(), freshFolder()]);
    const cached = (): Promise<string[]> => readdir(join(cache, 'data')).catch(() => []);
    const before = await snapshot(cwd);
    const stopped = await difsrProcess(['train', '--data', 'large.csv', '--out', 'none', ...TINY], {
      cwd,
      env: { DIFSR_CACHE: cache, TMPDIR: temporary },
      interruptWhen: async () => (await cached()).length > 0,
    });
    expect(stopped).toEqual({
      code: 130,
      stdout: 'interrupted before the training began: nothing was written\n',
      stderr: '\nstopping; Ctrl-C again quits at once\n',
    });
    expect(await Promise.all([snapshot(cwd), cached(), readdir(temporary)])).toEqual([before, [], []]);
  },
);

/** A log that takes seconds to prepare. */
async function writeLarge(): Promise<void> {
  const rows = Array.from({ length: 300_000 }, (_, row) => `u${row % 5000},i${(row * 7) % 997},${1_600_000_000 + row}`);
  await writeFile(join(cwd, 'large.csv'), `user,item,time\n${rows.join('\n')}\n`);
}

it('trains on raw files, tells once more that nothing has changed, evaluates and looks at them', async () => {
  const settings = ['--set', 'data.userColumn=Kunden-Nr', '--set', 'data.itemColumn=Artikel', '--epochs', '1', ...TINY];
  const args = ['train', '--data', 'clicks.csv', '--model', 'sasrec', ...settings.filter((_, at) => at < 6)];
  const tiny = TINY.slice(0, -2);
  const first = await difsr([...args, '--out', 'runs/a', ...tiny], { cwd });
  expect(first.stderr).toBe('');
  expect(first.code).toBe(0);
  expect(first.stdout).toMatch(/interactions\.Artikel +item/);
  expect(first.stdout).toContain('prepared, and kept in the cache');
  const second = await difsr([...args, '--out', 'runs/b', ...tiny], { cwd });
  expect(second.stdout).toContain('nothing has changed');
  const weights = (run: string): Promise<Buffer> => readFile(join(cwd, 'runs', run, 'model.safetensors'));
  expect(await weights('b')).toEqual(await weights('a'));
  const evaluated = await difsr(['evaluate', 'runs/a'], { cwd });
  expect(evaluated.code).toBe(0);
  expect(evaluated.stdout).toMatch(/test +0\.\d{4}/);
  const stats = await difsr(['data', 'stats', 'data/mine.yaml'], { cwd });
  expect(stats.code).toBe(0);
});
