// A recommender under many callers: whatever they ask, what it keeps does not grow, and each is answered as if alone.
//
//   node --expose-gc scripts/soak/recommender.mjs [--backend thread|worker] [--calls 10000] [--items 1000] [--threads 2] [--limit 8]
//
// A call is `recommendMany` of 1 to 64 histories of 0 to 200 items, for a random k from 1 to all, some with `only`, `where` or `exclude`; 64
// calls are under way at once. Memory after a fifth of the calls is compared with that after all, each after forced garbage
// collection while nothing is under way; now and then a call is compared with its histories asked one by one.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createRecommender } from '../../packages/models/dist/index.js';
import { createOnnxRuntimeBackend, createWorkerBackend } from '../../packages/onnxruntime/dist/index.js';
import { madeUpRun } from './made-up-run.mjs';

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
/** Scores that differ by less, relative to the larger, may change places. */
const TOLERANCE = 1e-5;

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

/** @param {number} a @param {number} b */
const differ = (a, b) => Math.abs(a - b) > TOLERANCE * Math.max(Math.abs(a), Math.abs(b));

/**
 * Items at the same place are the same, or as good as each other.
 * @param {readonly { readonly id: string; readonly score: number }[]} together
 * @param {readonly { readonly id: string; readonly score: number }[]} alone
 */
function requireSame(together, alone) {
  if (together.length !== alone.length) throw new Error(`${together.length} items together, ${alone.length} alone`);
  const scores = new Map(alone.map(({ id, score }) => [id, score]));
  together.forEach(({ id, score }, place) => {
    const there = alone[place];
    // An item that only one of both has was cut off at the end, beside one that is as good.
    if (there !== undefined && there.id !== id && differ(scores.get(id) ?? score, there.score))
      throw new Error(`place ${place}: ${id} (${score}) together, ${there.id} (${there.score}) alone`);
  });
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

/** Calls up to a number of them, {@link TOGETHER} at once. @param {number} count */
async function run(count) {
  let left = count;
  await Promise.all(
    Array.from({ length: TOGETHER }, async () => {
      while (left-- > 0) {
        const { k, requests } = drawCall();
        if (random(16) === 0) await recommender.similar(idOf(), { k });
        const answers = await recommender.recommendMany(requests, { k });
        if (answers.length !== requests.length) throw new Error(`${answers.length} answers to ${requests.length}`);
      }
    }),
  );
}

async function compare() {
  const { k, requests } = drawCall();
  const together = await recommender.recommendMany(requests, { k });
  for (const [i, { history, ...own }] of requests.entries()) {
    const alone = await recommender.recommend(history, { k, ...own });
    requireSame(together[i]?.items ?? [], alone.items);
  }
  return requests.length;
}

const started = performance.now();
const shown = (/** @type {{ rss: number; kept: number }} */ { rss, kept }) =>
  `${kept.toFixed(1)} MiB in use (heapUsed + external), ${rss.toFixed(1)} MiB resident`;
let compared = 0;
/** @type {{ rss: number; kept: number }[]} */
const found = [];
for (let fifth = 1; fifth <= 5; fifth++) {
  await run(Math.round(calls / 5));
  for (let i = 0; i < Math.min(4, calls / 20); i++) compared += await compare();
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
  `${values.backend}: grew by ${growth.kept.toFixed(1)} MiB in use, ${growth.rss.toFixed(1)} MiB resident; ${compared} answers compared with those of histories asked alone`,
);
if (!(growth.kept < limit && growth.rss < limit)) {
  console.error(`more than ${limit} MiB: something is kept that nobody needs`);
  process.exit(1);
}
