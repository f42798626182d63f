// `pnpm fuzz [--values] [--runs 100000] [--seed 1] [--from 0]`: mutated files of every form through all readers of @difsr/prepare, each of
// which must end in a relation or a DataError; with --values, shops written in many ways, each of which must come out as the data set that
// it is. Cases run in child processes, so that a crash or a hang is a finding and not the end.
import { fork } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const FUZZ = new URL('../packages/prepare/dist/fuzz/', import.meta.url);
/**
 * What a child tells: that it wants work, that a case begins, how it ended.
 * @typedef {{ ready?: boolean, begin?: number, end?: number, failed?: string, result?: { rows: number, counts: string[] } }} Message
 * What is run: a case ends with rows and what is to be counted, or throws; `show` says in words what a case is; `keep` writes its files into a folder.
 * @typedef {{ run: (number: number) => Promise<{ rows: number, counts: string[] }>, show: (number: number, failed: boolean) => Promise<string>, keep: (number: number, folder: string) => Promise<void>, close: () => Promise<void> }} Kind
 */

/** Milliseconds without a finished case after which a child hangs. */
const PATIENCE = 60_000;

const { values } = parseArgs({
  options: {
    values: { type: 'boolean', default: false },
    only: { type: 'string' },
    runs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    jobs: { type: 'string', default: '2' },
    child: { type: 'boolean', default: false },
  },
});
const run = Number(values.seed);
const BATCH = values.values ? 25 : 250;
/** Cases between two lines that say how far it is. */
const SHOWN = values.values ? 500 : 1000;

if (values.child) await work();
else await lead();

/** @returns {Promise<Kind>} */
async function openKind() {
  return values.values ? valueKind() : readerKind();
}

/** Damaged files. @returns {Promise<Kind>} */
async function readerKind() {
  const { fuzzSeeds } = await import(new URL('seeds.test.support.js', FUZZ).href);
  const { fuzzCase } = await import(new URL('mutate.test.support.js', FUZZ).href);
  const { FuzzRunner } = await import(new URL('run.test.support.js', FUZZ).href);
  const seeds = await fuzzSeeds();
  const runner = new FuzzRunner();
  const caseOf = (/** @type {number} */ number) => fuzzCase(run, number, seeds);
  return {
    run: async (number) => {
      const { rows, outcome, strict, prepared } = await runner.run(caseOf(number));
      const counts = [
        outcome,
        ...(strict === undefined ? [] : [`strict reader: ${strict}`]),
        ...(prepared === undefined ? [] : [`preparation: ${prepared}`]),
      ];
      return { rows, counts };
    },
    show: async (number) => [caseOf(number).seed.name, ...caseOf(number).done].join(', '),
    keep: async (number, folder) =>
      writeFile(path.join(folder, path.basename(caseOf(number).name)), caseOf(number).bytes),
    close: async () => runner.close(),
  };
}

/** Shops written in many ways. @returns {Promise<Kind>} */
async function valueKind() {
  const { valueCase, ValueRunner } = await import(new URL('values.test.support.js', FUZZ).href);
  const runner = new ValueRunner();
  const caseOf = (/** @type {number} */ number) => valueCase(run, number, values.only?.split(','));
  return {
    run: async (number) => {
      const { rows, outcome } = await runner.run(caseOf(number));
      return { rows, counts: [outcome] };
    },
    show: async (number, failed) => {
      let done = /** @type {string[]} */ (caseOf(number).done);
      // Those that it takes: each is left out in turn.
      for (const name of failed ? done : []) {
        const fewer = done.filter((other) => other !== name);
        await runner.run(valueCase(run, number, fewer)).catch(() => (done = fewer));
      }
      const all = caseOf(number).done.join(', ') || 'plainly written';
      return done.length === caseOf(number).done.length ? all : `${all}; enough: ${done.join(', ') || 'none of them'}`;
    },
    keep: async (number, folder) => runner.write(caseOf(number), folder),
    close: async () => runner.close(),
  };
}

/** A child: runs the batches that it is sent, and tells of every case before it begins. */
async function work() {
  const opening = openKind();
  // Whoever led is gone.
  process.on('disconnect', () => opening.then((kind) => kind.close()).finally(() => process.exit()));
  // A case that ends before this is noticed has nobody to tell of it: that is no error.
  /** @param {Message} message */
  const tell = (message) => process.send?.(message, () => {});
  const kind = await opening;
  process.on('message', async ({ from, to }) => {
    if (from === to) {
      await kind.close();
      process.disconnect();
      return;
    }
    for (let number = from; number < to; number++) {
      tell({ begin: number });
      try {
        tell({ end: number, result: await kind.run(number) });
      } catch (error) {
        tell({ end: number, failed: wordsOf(error) });
      }
    }
    tell({ ready: true });
  });
  tell({ ready: true });
}

/** @param {unknown} error */
function wordsOf(error) {
  if (!(error instanceof Error)) return String(error);
  // The place where a difference was seen tells nothing.
  if (error.name === 'DifferenceError') return error.message;
  return `${error.stack ?? error.message}${error.cause === undefined ? '' : `\n${error.cause}`}`;
}

async function lead() {
  const total = Number(values.runs ?? (values.values ? 20_000 : 100_000));
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
  /** @type {Promise<Kind> | undefined} */
  let opened;
  /** @param {string} name */
  const count = (name) => counts.set(name, (counts.get(name) ?? 0) + 1);
  /** @param {number} number @param {string} why @param {boolean} failed by itself: it may be run again here */
  const report = async (number, why, failed) => {
    opened ??= openKind();
    const kind = await opened;
    const folder = path.join(out, String(number));
    await mkdir(folder);
    await kind.keep(number, folder);
    found.push(number);
    console.log(`case ${number} (seed ${run}, ${await kind.show(number, failed)}; input in ${folder}):\n  ${why}`);
  };
  const child = () =>
    new Promise((resolve) => {
      let current = -1;
      let last = -1;
      let hung = false;
      let chain = Promise.resolve();
      const process_ = fork(fileURLToPath(import.meta.url), ['--child', ...process.argv.slice(2)]);
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
            rows += result.rows;
            for (const name of result.counts) count(name);
          } else chain = chain.then(() => report(end, failed ?? 'failed without a word', true));
          if (finished % SHOWN === 0)
            console.log(
              `${finished} of ${total} cases, ${(finished / ((Date.now() - started) / 1000)).toFixed(1)} a second, ${found.length} found`,
            );
        }
      });
      process_.on('exit', async (code, signal) => {
        clearTimeout(timer);
        await chain;
        if (current !== -1 && current !== last) {
          finished++;
          await report(current, hung ? `hangs for ${PATIENCE / 1000} s` : `crashes (${signal ?? code})`, false);
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
  await (await opened)?.close();
  console.log(
    `${finished} cases in ${Math.round((Date.now() - started) / 1000)} s, ${rows} rows: ${[...counts].map(([name, n]) => `${name} ${n}`).join(', ')}`,
  );
  console.log(found.length === 0 ? 'nothing found' : `found ${found.length}: ${found.join(', ')}`);
  if (found.length > 0) process.exitCode = 1;
}
