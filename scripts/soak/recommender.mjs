// A recommender under many callers: whatever they ask, what it keeps does not grow, and each is answered as if alone.
//
//   pnpm soak recommender [--backend thread|worker] [--calls 10000] [--items 1000] [--threads 2] [--limit 8]
//
// A call is `recommendMany` of 1 to 64 histories of 0 to 200 items, for a random k from 1 to all, some with `only`, `where` or `exclude`; 64
// calls are under way at once. Memory after a fifth of the calls is compared with that after all, each after forced garbage
// collection while nothing is under way. Of some calls the answers that they got among the others are kept, and compared with those of their
// histories asked one by one when nothing else is under way.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createRecommender } from '../../packages/models/dist/index.js';
import { createOnnxRuntimeBackend, createWorkerBackend } from '../../packages/onnxruntime/dist/index.js';
import { madeUpRun } from './made-up-run.mjs';
import { difference } from './same-answer.mjs';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'worker' },
    calls: { type: 'string', default: '10000' },
    items: { type: 'string', default: '1000' },
    threads: { type: 'string', default: '2' },
    limit: { type: 'string', default: '8' },
  },
});
const [calls, items, threads, limit] = [
  Number(values.calls),
  Number(values.items),
  Number(values.threads),
  Number(values.limit),
];
const TOGETHER = 64;
const MEBIBYTE = 1 << 20;
/** Calls of a fifth, a quarter of them at most, whose answers under load are compared with those of their questions asked alone. */
const COMPARED = 4;

let state = 12345;
/** A whole number from 0 to `below` - 1; the same ones in every run. @param {number} below */
const random = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const idOf = () => `item-${1 + random(items)}`;
const some = (/** @type {number} */ count) => Array.from({ length: count }, idOf);

/** @typedef {import('../../packages/models/dist/index.js').RecommendRequest} Request */
/** @returns {{ k: number; requests: Request[] }} */
function drawCall() {
  const requests = Array.from({ length: 1 + random(64) }, () => {
    /** @type {Request} */
    const request = { history: some(random(201)), includeSeen: random(2) === 0 };
    const filter = random(8);
    if (filter === 0) return { ...request, only: some(random(items)) };
    if (filter === 1)
      return { ...request, where: { category: [`category-${random(638)}`, `category-${random(638)}`] } };
    return filter === 2 ? { ...request, exclude: some(random(1000)) } : request;
  });
  return { k: 1 + random(items), requests };
}

async function memory() {
  for (let i = 0; i < 6; i++) {
    globalThis.gc?.();
    await sleep(50);
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss: rss / MEBIBYTE, kept: (heapUsed + external) / MEBIBYTE };
}

const backend = await (values.backend === 'thread' ? createOnnxRuntimeBackend : createWorkerBackend)({ threads });
// Narrow, so that time goes into calls, not into arithmetic.
const options = { hiddenSize: 16, innerSize: 32, sideWidth: 16 };
const recommender = await createRecommender(madeUpRun({ items, options }), backend);

/**
 * A question that was answered among others, and how it is asked alone.
 * @typedef {{ readonly items: readonly import('./same-answer.mjs').Scored[]; readonly ask: () => Promise<{ readonly items: readonly import('./same-answer.mjs').Scored[] }> }} Answered
 */

/** @param {{ readonly k: number; readonly requests: readonly Request[] }} call @returns {Promise<Answered[]>} */
async function recommended({ k, requests }) {
  const answers = await recommender.recommendMany(requests, { k });
  if (answers.length !== requests.length) throw new Error(`${answers.length} answers to ${requests.length}`);
  return requests.map(({ history, ...own }, i) => ({
    items: answers[i]?.items ?? [],
    ask: () => recommender.recommend(history, { k, ...own }),
  }));
}

/** @param {string} item @param {number} k @returns {Promise<Answered>} */
async function similar(item, k) {
  const ask = () => recommender.similar(item, { k });
  return { ...(await ask()), ask };
}

/** How large a score is at most. */
const { items: ranked } = await recommender.recommend(some(50), { k: items });
const size = Math.max(...ranked.map(({ score }) => Math.abs(score)));

/** Calls up to a number of them, {@link TOGETHER} at once; gives what some of them were answered. @param {number} count */
async function run(count) {
  /** @type {Answered[]} */
  const kept = [];
  const every = Math.ceil(count / Math.max(1, Math.min(COMPARED, count / 4)));
  let left = count;
  await Promise.all(
    Array.from({ length: TOGETHER }, async () => {
      while (left > 0) {
        const isKept = --left % every === 0;
        const call = drawCall();
        const asked = random(16) === 0 || isKept ? [similar(idOf(), call.k)] : [];
        const answered = [...(await Promise.all(asked)), ...(await recommended(call))];
        if (isKept) kept.push(...answered);
      }
    }),
  );
  return kept;
}

/** Throws where an answer is not the one that is given alone. @param {readonly Answered[]} answered */
async function compare(answered) {
  for (const { items: together, ask } of answered) {
    const wrong = difference(together, (await ask()).items, size);
    if (wrong !== undefined) throw new Error(`an answer under load is not the one that is given alone: ${wrong}`);
  }
  return answered.length;
}

const started = performance.now();
const shown = (/** @type {{ rss: number; kept: number }} */ { rss, kept }) =>
  `${kept.toFixed(1)} MiB in use (heapUsed + external), ${rss.toFixed(1)} MiB resident`;
let compared = 0;
/** @type {{ rss: number; kept: number }[]} */
const found = [];
for (let fifth = 1; fifth <= 5; fifth++) {
  compared += await compare(await run(Math.round(calls / 5)));
  const now = await memory();
  found.push(now);
  console.log(
    `${Math.round((calls * fifth) / 5)} calls, ${((performance.now() - started) / 1000).toFixed(0)} s: ${shown(now)}`,
  );
}
await recommender.dispose();
await backend.dispose();
const [first, last] = [found[0], found.at(-1)];
const growth = {
  kept: (last?.kept ?? Number.NaN) - (first?.kept ?? 0),
  rss: (last?.rss ?? Number.NaN) - (first?.rss ?? 0),
};
console.log(
  `${values.backend}: grew by ${growth.kept.toFixed(1)} MiB in use, ${growth.rss.toFixed(1)} MiB resident; ${compared} answers under load compared with those that are given alone`,
);
if (!(growth.kept < limit && growth.rss < limit)) {
  console.error(`more than ${limit} MiB: something is kept that nobody needs`);
  process.exit(1);
}
