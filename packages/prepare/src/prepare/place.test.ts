// Nothing is ever half-written: an interrupted, killed or failing preparation leaves what was there before, and nothing beside it.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { descriptionSchema } from '../description/schema.js';
import { ownMark } from '../engine/leftovers.js';
import { PREPARED_FILES } from '../prepared/manifest.js';
import { loadPrepared } from '../prepared/read.js';
import { randomStream } from '@difsr/data/internal';
import { prepareDataset, type PrepareOptions } from './prepare.js';
import { histories, prepareIn, testFolder, writeTexts } from './prepare.test.support.js';

const INTERACTIONS = { files: 'log.csv', user: 'user', item: 'item', time: 'time' } as const;
const OLD = 'user,item,time\nold,a,1\nold,b,2';

/** Random, so that packing does not make it small; the last row is unusable. */
function large(rows: number): string {
  const random = randomStream(1, 0);
  const lines = Array.from(
    { length: rows },
    () => `u${random.integer(1000)},i${random.integer(300)},${random.integer(1e9)}`,
  );
  return ['user,item,time', ...lines, 'u1,,5'].join('\n');
}

/** A folder with a prepared data set of two interactions, and a larger log that is to replace it. */
async function withOld(rows: number): Promise<{ readonly base: string; readonly out: string; readonly temp: string }> {
  const base = await writeTexts({ 'log.csv': OLD });
  await prepareIn(base, { interactions: INTERACTIONS });
  await writeFile(path.join(base, 'log.csv'), large(rows));
  const temp = path.join(base, 'temp');
  await mkdir(temp);
  return { base, out: path.join(base, 'out'), temp };
}

const DESCRIPTION = descriptionSchema.parse({ name: 'test', interactions: INTERACTIONS });

/** The old data set is whole, and nothing stands beside it. */
async function expectOld({ base, out, temp }: Awaited<ReturnType<typeof withOld>>): Promise<void> {
  expect(histories(await loadPrepared(out, { verify: true, threads: 1 }))).toEqual({ old: ['a', 'b'] });
  expect((await readdir(base)).sort()).toEqual(['log.csv', 'out', 'temp']);
  expect(await readdir(temp)).toEqual([]);
}

describe('an interrupted preparation', () => {
  it('leaves what was there, at whatever step it is stopped, and says that it was', async () => {
    const places = await withOld(3000);
    const run = async (options: Partial<PrepareOptions>): Promise<unknown> =>
      prepareDataset(DESCRIPTION, {
        base: places.base,
        out: places.out,
        tempDirectory: places.temp,
        threads: 1,
        ...options,
      });
    await expect(run({ signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    await expectOld(places);
    for (const stopAt of ['open', 'read', 'number', 'fields', 'write']) {
      const controller = new AbortController();
      const reason = new Error(`stopped at ${stopAt}`);
      const progress = ({ step }: { readonly step: string }): void => {
        if (step === stopAt) controller.abort(reason);
      };
      await expect(run({ signal: controller.signal, progress })).rejects.toBe(reason);
      await expectOld(places);
    }
  });

  it('stops within a statement', async () => {
    const places = await withOld(20);
    const controller = new AbortController();
    // A condition that takes minutes.
    const description = descriptionSchema.parse({
      ...DESCRIPTION,
      filters: { interactions: '(SELECT count(*) FROM range(100000000000) AS r(x) WHERE hash(x) % 7 = 0) > 1' },
    });
    const { base, out, temp } = places;
    const running = prepareDataset(description, {
      base,
      out,
      tempDirectory: temp,
      threads: 1,
      signal: controller.signal,
      progress: ({ step, left }) => {
        if (step === 'read' && left !== undefined)
          void setTimeout(100).then(() => controller.abort(new Error('enough')));
      },
    });
    await expect(running).rejects.toThrow('enough');
    await expectOld(places);
  });
});

describe('a killed preparation', () => {
  /** Runs in a process of its own, which says every step; resolves at the step that is asked for. */
  async function child({ base, out, temp }: Awaited<ReturnType<typeof withOld>>, until: string): Promise<ChildProcess> {
    const entry = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
    const script = `
      import { prepareDataset, descriptionSchema } from ${JSON.stringify(entry)};
      const description = descriptionSchema.parse(${JSON.stringify(DESCRIPTION)});
      await prepareDataset(description, { base: ${JSON.stringify(base)}, out: ${JSON.stringify(out)}, tempDirectory: ${JSON.stringify(temp)}, threads: 1, progress: ({ step }) => process.stdout.write(step + '\\n') });
    `;
    const started = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    for await (const chunk of started.stdout) {
      said += String(chunk);
      if (said.split('\n').includes(until)) break;
    }
    expect(said.split('\n')).toContain(until);
    return started;
  }

  it('leaves the old data set whole, and the next run removes what it left', async () => {
    const places = await withOld(100_000);
    for (const [step, later] of [
      ['read', 0],
      ['write', 0],
      ['write', 60],
    ] as const) {
      const running = await child(places, step);
      await setTimeout(later);
      running.kill('SIGKILL');
      await once(running, 'exit');
      // Whole in any case; the last may have been quick enough to be the new one.
      const { sequences } = await loadPrepared(places.out, { verify: true, threads: 1 });
      expect(later === 0 ? [2] : [2, 100_000]).toContain(sequences.items.length);
    }
    const { base, out, temp } = places;
    const manifest = await prepareDataset(DESCRIPTION, { base, out, tempDirectory: temp, threads: 1 });
    expect(manifest.counts.interactions).toBe(100_000);
    expect((await readdir(base)).sort()).toEqual(['log.csv', 'out', 'out.quarantine.jsonl', 'temp']);
    expect(await readdir(temp)).toEqual([]);
  });

  it('between taking the old away and putting the new there is healed by the next run', async () => {
    const places = await withOld(30);
    // A process that is no more, on this machine.
    const dead = execFileSync(process.execPath, ['-e', 'process.stdout.write(String(process.pid))']).toString();
    const mark = ownMark().replace(String(process.pid), dead);
    await rename(places.out, `${places.out}.partial-${mark}-0badcafe.old`);
    await mkdir(`${places.out}.partial-${mark}-0badcafe`);
    await writeFile(path.join(places.base, 'log.csv'), 'user,item,time\n,,\n');
    await expect(prepareIn(places.base, { interactions: INTERACTIONS })).rejects.toThrow(/rows cannot be used/);
    await expectOld(places);
  });

  it('is not taken for one that still runs', async () => {
    const places = await withOld(30);
    const alive = `${places.out}.partial-${ownMark()}-0badcafe`;
    await mkdir(alive);
    await mkdir(path.join(places.temp, `difsr-data-${ownMark()}-abcdef`));
    await prepareIn(places.base, { interactions: INTERACTIONS }, { tempDirectory: places.temp });
    expect(existsSync(alive)).toBe(true);
    expect(await readdir(places.temp)).toHaveLength(1);
  });
});

describe('the place of the result', () => {
  it('is replaced as a whole where it is a prepared data set, with or without a slash behind it', async () => {
    const places = await withOld(30);
    await prepareIn(places.base, { interactions: INTERACTIONS }, { out: `${places.out}/` });
    expect((await readdir(places.out)).sort()).toEqual(Object.values(PREPARED_FILES).sort());
    expect((await loadPrepared(places.out)).sequences.items).toHaveLength(30);
    expect((await readdir(places.base)).sort()).toEqual(['log.csv', 'out', 'out.quarantine.jsonl', 'temp']);
  });

  it('may be an empty folder, and folders on the way are made', async () => {
    const base = await writeTexts({ 'log.csv': OLD });
    await mkdir(path.join(base, 'empty'));
    for (const out of [path.join(base, 'empty'), path.join(base, 'a', 'b', 'c')]) {
      await prepareIn(base, { interactions: INTERACTIONS }, { out });
      expect((await readdir(out)).sort()).toEqual(Object.values(PREPARED_FILES).sort());
    }
  });

  it('is named where it cannot be made', async () => {
    const base = await writeTexts({ 'log.csv': OLD });
    const out = path.join(base, 'log.csv', 'below', 'out');
    await expect(prepareIn(base, { interactions: INTERACTIONS }, { out })).rejects.toThrow(
      /log\.csv\/below: cannot be made: .*\n.*name another folder/,
    );
    if (existsSync('/proc/self')) {
      const impossible = prepareIn(base, { interactions: INTERACTIONS }, { out: '/proc/self/none/out' });
      await expect(impossible).rejects.toThrow(/\/proc\/.*none: cannot be made/);
    }
  });

  it('stays what a link leads to', async () => {
    const places = await withOld(30);
    await symlink(places.out, path.join(places.base, 'link'), 'junction');
    await prepareIn(places.base, { interactions: INTERACTIONS }, { out: path.join(places.base, 'link') });
    expect((await loadPrepared(places.out)).sequences.items).toHaveLength(30);
  });

  it('is never a folder or file of somebody else', async () => {
    const places = await withOld(30);
    const work = path.join(places.base, 'work');
    await mkdir(work);
    for (const name of ['thesis.tex', PREPARED_FILES.manifest]) {
      await writeFile(path.join(work, name), '{"name": "somebody else\'s"}');
      await expect(prepareIn(places.base, { interactions: INTERACTIONS }, { out: work })).rejects.toThrow(
        name === 'thesis.tex'
          ? /work: exists and is no prepared data set/
          : /work: holds thesis\.tex, which is no part/,
      );
    }
    await rm(path.join(work, 'thesis.tex'));
    await expect(prepareIn(places.base, { interactions: INTERACTIONS }, { out: work })).rejects.toThrow(
      /work: exists and is no prepared data set/,
    );
    expect(await readFile(path.join(work, PREPARED_FILES.manifest), 'utf8')).toContain('somebody');
    await writeFile(path.join(places.out, 'notes.txt'), 'mine');
    await expect(prepareIn(places.base, { interactions: INTERACTIONS })).rejects.toThrow(/holds notes\.txt/);
    expect(await readFile(path.join(places.out, 'notes.txt'), 'utf8')).toBe('mine');
    await expect(
      prepareIn(places.base, { interactions: INTERACTIONS }, { out: path.join(places.base, 'log.csv') }),
    ).rejects.toThrow(/log\.csv: exists and is no prepared data set/);
  });

  it('on a full disk stays as it was, and the error names the cure', async ({ skip }) => {
    const places = await withOld(60_000);
    const small = path.join(await testFolder(), 'small');
    await mkdir(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=100k', 'tmpfs', small], { stdio: 'ignore' });
    } catch {
      skip('needs a user who may mount a small disk');
    }
    try {
      const out = path.join(small, 'out');
      await writeFile(path.join(places.base, 'small.csv'), OLD);
      await prepareIn(places.base, { interactions: { ...INTERACTIONS, files: 'small.csv' } }, { out });
      const { base, temp } = places;
      await expect(prepareDataset(DESCRIPTION, { base, out, tempDirectory: temp, threads: 1 })).rejects.toThrow(
        /the disk is full.*\n.*free some space/,
      );
      expect(histories(await loadPrepared(out, { verify: true, threads: 1 }))).toEqual({ old: ['a', 'b'] });
      expect(await readdir(small)).toEqual(['out']);
      expect(await readdir(temp)).toEqual([]);
    } finally {
      execFileSync('umount', [small]);
    }
  });
});
