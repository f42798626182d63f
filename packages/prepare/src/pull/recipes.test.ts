// Every recipe's files, published in its own form on a server of this machine, are where its description looks for them.
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readRecipe } from '../recipes.js';
import { RECIPE_CASES } from '../recipe-cases/all.test.support.js';
import { tarGzOf, zipOf } from './archives.test.support.js';
import { pullDataset } from './pull.js';
import { serve, startServer, type TestServer } from './server.test.support.js';

let server: TestServer;
let folder: string;
beforeEach(async () => {
  // Whatever proxy this machine has is not for its own servers.
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'])
    for (const key of [name, name.toLowerCase()]) vi.stubEnv(key, '');
  server = await startServer();
  folder = await mkdtemp(path.join(os.tmpdir(), 'difsr-pull-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

describe('a recipe finds in the folder what it uses, after its files were fetched in the form in which they are published', () => {
  it.each(RECIPE_CASES)('$recipe', async ({ recipe, files }) => {
    const description = await readRecipe(recipe);
    const pull = (description.pull ?? []).map((spec) => {
      const name = path.posix.basename(new URL(spec.url).pathname);
      const members = Object.entries(files).map(([member, data]) => ({ name: member, data }));
      const others = [{ name: 'README', data: Buffer.from('terms') }];
      const bytes =
        spec.unpack === undefined
          ? files[name]
          : name.endsWith('.zip')
            ? zipOf([...others, ...members])
            : tarGzOf([...others, ...members]);
      if (bytes !== undefined) server.answers.set(`/${name}`, serve(bytes));
      // The publisher's checksum is that of other bytes.
      return { url: `${server.origin}/${name}`, ...(spec.unpack === undefined ? {} : { unpack: spec.unpack }) };
    });
    const byHand = description.manual !== undefined;
    if (byHand) await mkdir(folder, { recursive: true });
    if (byHand) for (const [name, data] of Object.entries(files)) await writeFile(path.join(folder, name), data);
    const report = await pullDataset({ ...description, pull: byHand ? [] : pull }, { folder, firstWait: 1 });
    expect(report.missing).toEqual([]);
    for (const [name, data] of Object.entries(files))
      expect((await readFile(path.join(folder, name))).equals(data), name).toBe(true);
  });
});
