// Versions on disk: which one answers, the swap under load, and what is refused.
import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askedServer } from '../ask.test.support.js';
import { serverConfig } from '../config/read.js';
import { freshFolder, keptLog, pointTo, versionsFolder } from '../runs.test.support.js';
import { Models, type Refused } from './models.js';

/** Looks at the pointer when it is told to, and as good as never by itself. */
const CONFIG = serverConfig({ models: { poll: 3600, threads: 1 } }).models;

let folder = '';
beforeEach(async () => {
  folder = await versionsFolder();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Told {
  readonly swapped: string[];
  readonly refused: Refused[];
  readonly freed: string[];
}

async function opened(path = folder): Promise<{ readonly models: Models; readonly told: Told }> {
  const told: Told = { swapped: [], refused: [], freed: [] };
  const models = await Models.open(path, CONFIG, {
    swapped: (version) => void told.swapped.push(version),
    refused: (refused) => void told.refused.push(refused),
    freed: (version) => void told.freed.push(version),
  });
  return { models, told };
}

const recommend = (models: Models): Promise<string[]> =>
  models.use(async ({ name, recommender }) => {
    const { items } = await recommender.recommend([`${name}-1`], { k: 3 });
    return items.map(({ id }) => id);
  });

describe('the version that answers', () => {
  it('is a run folder itself, which is not watched', async () => {
    const { models, told } = await opened(join(folder, 'b'));
    expect(models.current).toBe('b');
    await models.refresh();
    expect(await recommend(models)).toEqual(expect.arrayContaining([expect.stringMatching(/^b-/)]));
    await models.close();
    expect(told).toEqual({ swapped: ['b'], refused: [], freed: ['b'] });
  });

  it('is named by a text file, and taken when that changes', async () => {
    const { models, told } = await opened();
    expect(models.current).toBe('a');
    await pointTo(folder, 'b');
    await models.refresh();
    expect(models.current).toBe('b');
    expect((await recommend(models)).every((id) => id.startsWith('b-'))).toBe(true);
    await models.close();
    expect(told).toMatchObject({ swapped: ['a', 'b'], refused: [] });
    expect(told.freed.toSorted()).toEqual(['a', 'b']);
  });

  it('is what a link leads to, called as the folder is', async ({ skip }) => {
    skip(process.platform === 'win32', 'links of folders need rights there');
    await rm(join(folder, 'current'));
    await symlink('a', join(folder, 'current'));
    const { models } = await opened();
    expect(models.current).toBe('a');
    await rm(join(folder, 'current'));
    await symlink(join(folder, 'b'), join(folder, 'current'));
    await models.refresh();
    expect(models.current).toBe('b');
    await models.close();
  });

  it('stays open as long as somebody holds it', async () => {
    const { models, told } = await opened();
    let letGo = (): void => undefined;
    const wait = new Promise<void>((resolve) => (letGo = resolve));
    const held = models.use(async ({ recommender }) => {
      await wait;
      return recommender.recommend(['a-1'], { k: 2 });
    });
    await pointTo(folder, 'b');
    await models.refresh();
    await setImmediate();
    expect(told.freed).toEqual([]);
    letGo();
    expect((await held).items.every(({ id }) => id.startsWith('a-'))).toBe(true);
    await models.close();
    expect(told.freed.toSorted()).toEqual(['a', 'b']);
    await expect(recommend(models)).rejects.toThrow('the server ends');
  });
});

describe('a version is refused, and the one before goes on', () => {
  it.each<[string, (to: string) => Promise<unknown>, RegExp]>([
    ['where it is not there', async () => undefined, /names "next", and there is no such folder/],
    ['where it is no run', (to) => mkdir(to), /config\.json/],
    [
      'where its weights are cut off',
      async (to) => {
        await cp(join(folder, 'b'), to, { recursive: true });
        await writeFile(join(to, 'model.safetensors'), 'x');
      },
      /model\.safetensors/,
    ],
    [
      'where its vocabulary is of another run',
      async (to) => {
        await cp(join(folder, 'b'), to, { recursive: true });
        await writeFile(join(to, 'vocabulary.json'), '{}');
      },
      /vocabulary\.json/,
    ],
  ])('%s', async (_, make, reason) => {
    const { models, told } = await opened();
    await make(join(folder, 'next'));
    await pointTo(folder, 'next');
    await models.refresh();
    await models.refresh();
    expect(models.current).toBe('a');
    expect(models.refused?.reason).toMatch(reason);
    expect(told.refused).toHaveLength(1);
    expect(await recommend(models)).toHaveLength(3);
    await pointTo(folder, 'b');
    await models.refresh();
    expect([models.current, models.refused]).toEqual(['b', undefined]);
    await models.close();
  });

  it.each([
    ['../a', /no folder's name/],
    ['', /no folder's name/],
    ['current', /no folder's name/],
  ])('where the pointer holds %j', async (name, reason) => {
    const { models } = await opened();
    await pointTo(folder, name);
    await models.refresh();
    expect([models.current, models.refused?.reason]).toEqual(['a', expect.stringMatching(reason)]);
    await rm(join(folder, 'current'));
    await models.refresh();
    expect([models.current, models.refused?.reason]).toEqual(['a', expect.stringMatching(/cannot be read \(ENOENT\)/)]);
    await pointTo(folder, 'a');
    await models.refresh();
    expect(models.refused).toBe(undefined);
    await models.close();
  });

  it('at the start that is an error with its cure', async () => {
    const empty = await freshFolder();
    await expect(opened(empty)).rejects.toThrow(/neither a run nor a folder of versions[\s\S]*cure: /);
    await expect(opened(join(empty, 'nothing'))).rejects.toThrow(/does not exist/);
    await pointTo(empty, 'nothing');
    await expect(opened(empty)).rejects.toThrow(/there is no such folder/);
    await rm(empty, { recursive: true });
  });
});

it('swaps under load: nothing is lost, and every id is of the version that the answer names', async () => {
  const { logger, lines } = keptLog();
  const server = await askedServer({ models: folder, logger, config: { models: { poll: 0.05, threads: 1 } } });
  const seen = new Map<string, number>();
  let asking = true;
  const ask = async (seed: number): Promise<void> => {
    for (let i = seed; asking; i++) {
      // Ids of both: of one, some are unknown to whichever version answers.
      const history = [`a-${1 + (i % 40)}`, `b-${1 + (i % 50)}`];
      const { status, body } = await server.post('/v1/recommend', { history, k: 5 });
      const { model, items, unknown }: { model: string; items: { id: string }[]; unknown: string[] } = JSON.parse(
        JSON.stringify(body),
      );
      expect(status).toBe(200);
      expect(items).toHaveLength(5);
      expect(
        items.every(({ id }) => id.startsWith(`${model}-`)),
        JSON.stringify({ model, items }),
      ).toBe(true);
      expect(unknown).toEqual(history.filter((id) => !id.startsWith(`${model}-`)));
      seen.set(model, (seen.get(model) ?? 0) + 1);
    }
  };
  const clients = Promise.all([1, 2, 3, 4, 5, 6].map(ask)).finally(() => (asking = false));
  const answered = async (model: string): Promise<void> => {
    const before = seen.get(model) ?? 0;
    while (asking && (seen.get(model) ?? 0) < before + 20) await setImmediate();
  };
  try {
    await answered('a');
    for (const next of ['b', 'a', 'b']) {
      await pointTo(folder, next);
      await answered(next);
    }
    await pointTo(folder, 'broken');
    while (asking && server.server.models.refused === undefined) await setImmediate();
    await answered('b');
    expect((await server.ask('GET', '/readyz')).body).toMatchObject({
      ready: true,
      model: 'b',
      refused: { reason: expect.stringMatching(/no such folder/) },
    });
    expect((await server.ask('GET', '/metrics')).body).toMatch(/^difsr_model_versions_total\{outcome="refused"\} 1$/m);
  } finally {
    asking = false;
    await clients;
    await server.close();
  }
  const said = lines
    .filter(({ msg }) => /version/.test(String(msg)))
    .map(({ msg, model }) => `${String(model)}: ${String(msg)}`);
  expect(said.filter((line) => line.endsWith('a version answers'))).toEqual(
    ['a', 'b', 'a', 'b'].map((name) => `${name}: a version answers`),
  );
  expect(said.filter((line) => line.endsWith('was freed'))).toHaveLength(4);
  expect(lines.filter(({ level }) => Number(level) >= 50)).toMatchObject([{ msg: expect.stringMatching(/refused/) }]);
});
