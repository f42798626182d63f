// What a recommendation costs: one history at a time in the calling thread and in a worker, and what it saves that tables of
// items are prepared once.
//
//   node scripts/benchmark-recommender.mjs [--model dif-sr] [--items 12101] [--calls 2000] [--rounds 60] [--threads 1]
//
// The model is of preset `small` with random weights, which cost what trained ones do. Forms are run in turns, and compared by the
// processor time of their best rounds, which a busy machine changes least.
import { parseArgs } from 'node:util';
import { createRecommender, inferenceTensors } from '../packages/models/dist/index.js';
import { prepared, splitWhole } from '../packages/models/dist/precompute.js';
import { programOf, servingTask } from '../packages/models/dist/serving-task.js';
import { createOnnxRuntimeBackend, createWorkerBackend } from '../packages/onnxruntime/dist/index.js';
import { madeUpRun } from './soak/made-up-run.mjs';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'dif-sr' },
    items: { type: 'string', default: '12101' },
    calls: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '60' },
    threads: { type: 'string', default: '1' },
  },
});
const [items, calls, rounds, threads] = [
  Number(values.items),
  Number(values.calls),
  Number(values.rounds),
  Number(values.threads),
];
const trained = madeUpRun({ name: values.model, items });
const random = (/** @type {number} */ below) => Math.floor(Math.random() * below);
const processorTime = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Latency of single calls, one after the other, of histories of 1 to 50. @param {'thread' | 'worker'} where */
async function latency(where) {
  const backend = await (where === 'thread' ? createOnnxRuntimeBackend : createWorkerBackend)({ threads });
  const recommender = await createRecommender(trained, backend);
  /** @type {number[]} */
  const times = [];
  for (let i = 0; i < calls + 100; i++) {
    const history = Array.from({ length: 1 + random(50) }, () => `item-${1 + random(items)}`);
    const started = performance.now();
    await recommender.recommend(history, { k: 10 });
    if (i >= 100) times.push(performance.now() - started);
  }
  await recommender.dispose();
  await backend.dispose();
  times.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => (times[Math.floor(times.length * share)] ?? Number.NaN).toFixed(2);
  console.log(`one history at a time, ${where}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, least ${at(0)} ms`);
}

async function forms() {
  const backend = await createOnnxRuntimeBackend({ threads: 1 });
  const { model } = trained;
  const tensors = inferenceTensors(trained);
  const split = await prepared(splitWhole(servingTask(model, { tabulated: true })), tensors, backend);
  const given = { plain: { graph: servingTask(model).graph, tensors }, prepared: split };
  /** @type {Record<string, import('../packages/graph/dist/index.js').Program>} */
  const programs = {};
  for (const [form, own] of Object.entries(given)) {
    const variables = await backend.createVariables(own.tensors);
    programs[form] = await backend.compile(programOf(own.graph, 'best 16'), { variables, label: form });
    const bytes = Object.values(own.tensors).reduce((sum, { data }) => sum + data.byteLength, 0);
    console.log(`${form}: ${(bytes / 2 ** 20).toFixed(1)} MiB of tensors`);
  }
  for (const [batch, length] of [
    [1, 10],
    [1, 50],
    [64, 10],
    [64, 50],
  ]) {
    if (batch === undefined || length === undefined) continue;
    const ids = () => ({
      dtype: /** @type {const} */ ('int32'),
      shape: [batch, length],
      data: Int32Array.from({ length: batch * length }, () => 1 + random(items)),
    });
    /** @type {Record<string, number>} */
    const best = {};
    for (let round = 0; round < rounds; round++) {
      const feeds = {
        items: ids(),
        excluded: ids(),
        allowed: {
          dtype: /** @type {const} */ ('bool'),
          shape: [1, items + 1],
          data: new Uint8Array(items + 1).fill(1),
        },
        allowedOf: { dtype: /** @type {const} */ ('int32'), shape: [batch], data: new Int32Array(batch) },
      };
      for (const [form, program] of Object.entries(programs)) {
        const started = processorTime();
        await program.run(feeds);
        best[form] = Math.min(best[form] ?? Infinity, processorTime() - started);
      }
    }
    const [plain = Number.NaN, own = Number.NaN] = [best['plain'], best['prepared']];
    console.log(
      `batch ${batch}, length ${length}: plain ${plain.toFixed(2)} ms of processor time, prepared ${own.toFixed(2)} ms, ratio ${(own / plain).toFixed(2)}`,
    );
  }
  await backend.dispose();
}

await forms();
await latency('thread');
await latency('worker');
