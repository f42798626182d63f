// `pnpm fuzz [--runs 100000] [--seed 1] [--from 0]`: mutated files of every form through all readers of @difsr/data. Each case must end in
// a relation or a DataError. Cases run in child processes, so that a crash or a hang is a finding and not the end.
import { fork } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const FUZZ = new URL('../packages/data/dist/fuzz/', import.meta.url);
/**
 * What a child tells: that it wants work, that a case begins, how it ended.
 * @typedef {{ ready?: boolean, begin?: number, end?: number, failed?: string, result?: { outcome: string, rows: number, strict?: string, prepared?: string } }} Message
 */

/** Milliseconds without a finished case after which a child hangs. */
const PATIENCE = 60_000;
const BATCH = 250;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    jobs: { type: 'string', default: '2' },
    child: { type: 'boolean', default: false },
  },
});
const run = Number(values.seed);

if (values.child) await work();
else await lead();

/** A child: runs the batches that it is sent, and tells of every case before it begins. */
async function work() {
  const { fuzzSeeds } = await import(new URL('seeds.test.support.js', FUZZ).href);
  const { fuzzCase } = await import(new URL('mutate.test.support.js', FUZZ).href);
  const { FuzzRunner } = await import(new URL('run.test.support.js', FUZZ).href);
  const seeds = await fuzzSeeds();
  const runner = new FuzzRunner();
  process.on('message', async ({ from, to }) => {
    if (from === to) {
      await runner.close();
      process.disconnect();
      return;
    }
    for (let number = from; number < to; number++) {
      process.send?.({ begin: number });
      try {
        process.send?.({ end: number, result: await runner.run(fuzzCase(run, number, seeds)) });
      } catch (error) {
        const cause = error instanceof Error && error.cause !== undefined ? `\n${error.cause}` : '';
        process.send?.({
          end: number,
          failed: `${error instanceof Error ? (error.stack ?? error.message) : error}${cause}`,
        });
      }
    }
    process.send?.({ ready: true });
  });
  process.send?.({ ready: true });
}

async function lead() {
  const total = Number(values.runs);
  const first = Number(values.from);
  const out = await mkdtemp(path.join(os.tmpdir(), 'difsr-fuzz-found-'));
  const counts = new Map();
  /** @type {number[]} */
  const found = [];
  /** What is left of the batches of children that did not live to their end. @type {{ from: number, to: number }[]} */
  const rest = [];
  let next = first;
  let finished = 0;
  let rows = 0;
  const started = Date.now();
  /** @param {string} name */
  const count = (name) => counts.set(name, (counts.get(name) ?? 0) + 1);
  /** @param {number} number @param {string} why */
  const report = async (number, why) => {
    const { fuzzSeeds } = await import(new URL('seeds.test.support.js', FUZZ).href);
    const { fuzzCase } = await import(new URL('mutate.test.support.js', FUZZ).href);
    const { bytes, name, seed, done } = fuzzCase(run, number, await fuzzSeeds());
    const file = path.join(out, `${number}-${path.basename(name)}`);
    await writeFile(file, bytes);
    found.push(number);
    console.log(`case ${number} (seed ${run}, ${seed.name}, ${done.join(', ')}; input in ${file}):\n  ${why}`);
  };
  const child = () =>
    new Promise((resolve) => {
      let current = -1;
      let last = -1;
      let hung = false;
      let chain = Promise.resolve();
      const process_ = fork(fileURLToPath(import.meta.url), ['--child', '--seed', String(run)]);
      /** @type {NodeJS.Timeout | undefined} */
      let timer;
      const watch = () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          hung = true;
          process_.kill('SIGKILL');
        }, PATIENCE);
      };
      watch();
      let batch = { from: 0, to: 0 };
      process_.on('message', (received) => {
        const message = /** @type {Message} */ (received); // only our own child sends
        watch();
        if (message.ready === true) {
          const left = rest.shift();
          batch = left ?? { from: next, to: Math.min(next + BATCH, first + total) };
          if (left === undefined) next = batch.to;
          current = -1;
          process_.send(batch);
        } else if (message.begin !== undefined) current = message.begin;
        else if (message.end !== undefined) {
          const { end, failed, result } = message;
          last = end;
          finished++;
          if (result !== undefined) {
            count(result.outcome);
            rows += result.rows;
            if (result.strict !== undefined) count(`strict reader: ${result.strict}`);
            if (result.prepared !== undefined) count(`preparation: ${result.prepared}`);
          } else chain = chain.then(() => report(end, failed ?? 'failed without a word'));
          if (finished % 1000 === 0)
            console.log(
              `${finished} of ${total} cases, ${Math.round(finished / ((Date.now() - started) / 1000))} a second, ${found.length} found`,
            );
        }
      });
      process_.on('exit', async (code, signal) => {
        clearTimeout(timer);
        await chain;
        if (current !== -1 && current !== last) {
          finished++;
          await report(current, hung ? `hangs for ${PATIENCE / 1000} s` : `crashes (${signal ?? code})`);
          rest.push({ from: current + 1, to: batch.to });
        }
        resolve(undefined);
      });
    });
  const lane = async () => {
    do await child();
    while (next < first + total || rest.length > 0);
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, lane));
  console.log(
    `${finished} cases in ${Math.round((Date.now() - started) / 1000)} s, ${rows} rows: ${[...counts].map(([name, n]) => `${name} ${n}`).join(', ')}`,
  );
  console.log(found.length === 0 ? 'nothing found' : `found ${found.length}: ${found.join(', ')}`);
  if (found.length > 0) process.exitCode = 1;
}
