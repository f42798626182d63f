// A plain file is read by the engine in several buffers and by several threads: its numbers must be those of the lines all the same.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEngine } from '../engine/engine.js';
import { openSource } from './open.js';

/** With about 62 bytes each, twice the engine's usual buffer of 32 MiB and some more. */
const LINES = 1_200_000;
let folder: string;
let file: string;
let bytes = 0;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'difsr-order-'));
  file = path.join(folder, 'numbered.csv');
  const out = createWriteStream(file);
  const done = finished(out);
  // Each line states its own number; lengths differ, so that buffers end anywhere within a line.
  let block = 'line,filler\n';
  for (let line = 2; line <= LINES + 1; line++) {
    block += `${line},${'x'.repeat(20 + ((line * 37) % 70))}\n`;
    if (block.length < 1 << 20 && line <= LINES) continue;
    bytes += block.length;
    if (!out.write(block)) await once(out, 'drain');
    block = '';
  }
  out.end();
  await done;
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

it.each([1, 2, 4])('numbers every line of a large plain file with %i threads', async (threads) => {
  expect(bytes).toBeGreaterThan(56 * 1024 * 1024);
  const engine = await openEngine({ threads, memoryLimit: '200MB', tempDirectory: folder });
  try {
    const { relation } = await openSource({ files: file, delimiter: ',', header: true }, { engine, base: folder });
    const right = `count(*) FILTER (_line = CAST(line AS BIGINT) AND _row = _line - 1)::DOUBLE`;
    // Whole rows; what a filter on the number leaves; a projection that needs neither text nor cells.
    expect(
      await engine.rows(
        `SELECT count(*)::DOUBLE AS n, ${right} AS "right", count(*) FILTER (_problem IS NULL AND length(filler) = 20 + (_line * 37) % 70 AND _raw = line || ',' || filler)::DOUBLE AS "whole" FROM ${relation}`,
      ),
    ).toEqual([{ n: LINES, right: LINES, whole: LINES }]);
    expect(
      await engine.rows(
        `SELECT count(*)::DOUBLE AS n, ${right} AS "right" FROM ${relation} WHERE _line > 1000000 AND filler LIKE '%xxxxx'`,
      ),
    ).toEqual([{ n: LINES + 1 - 1_000_000, right: LINES + 1 - 1_000_000 }]);
    expect(
      await engine.rows(
        `SELECT count(*)::DOUBLE AS n, min(_line)::DOUBLE AS first, max(_line)::DOUBLE AS last, sum(_line)::DOUBLE AS total FROM ${relation}`,
      ),
    ).toEqual([{ n: LINES, first: 2, last: LINES + 1, total: ((LINES + 3) * LINES) / 2 }]);
  } finally {
    await engine.close();
  }
});
