// Generates logs of growing size and prepares each in a process of its own, whose peak memory is read from outside (/proc, so Linux).
//
//   node scripts/benchmark-prepare.mjs [--sizes 1M,10M,100M] [--format csv] [--folder DIR] [--memory-limit 4GB] [--threads 2] [--json]
//
// Run it on an idle machine, after a build.
import { fork } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generateFiles, prepareDataset, readDescription } from '../packages/prepare/dist/index.js';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1M,10M,100M' },
    format: { type: 'string', default: 'csv' },
    folder: { type: 'string', default: tmpdir() },
    'memory-limit': { type: 'string' },
    threads: { type: 'string' },
    json: { type: 'boolean', default: false },
    child: { type: 'string' }, // the folder that this process works in
    interactions: { type: 'string' },
    phase: { type: 'string' },
  },
});

if (values.child !== undefined) await work(values.child);
else await measure();

/** In the child: one phase. @param {string} folder */
async function work(folder) {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const data = join(folder, 'data');
  if (values.phase === 'generate') {
    // The library names the forms that it knows.
    const format = /** @type {'csv'} */ (values.format);
    const written = await generateFiles({ out: data, format, interactions: Number(values.interactions) });
    const bytes = statSync(written.log).size;
    process.send?.({ rows: written.interactions, bytes, seconds: seconds() });
    return;
  }
  const description = await readDescription(join(data, 'dataset.yaml'));
  /** @type {Record<string, number>} */
  const steps = {};
  let step = 'open';
  let last = 0;
  const manifest = await prepareDataset(description, {
    out: join(folder, 'prepared'),
    base: data,
    tempDirectory: join(folder, 'spill'),
    ...(values['memory-limit'] === undefined ? {} : { memoryLimit: values['memory-limit'] }),
    ...(values.threads === undefined ? {} : { threads: Number(values.threads) }),
    progress: (event) => {
      steps[step] = (steps[step] ?? 0) + seconds() - last;
      last = seconds();
      step = event.step === 'read' && event.left !== undefined ? 'code' : event.step;
    },
  });
  const bytes = Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0);
  process.send?.({ bytes, seconds: seconds(), steps });
}

/** @param {string} folder @param {string[]} args @returns {Promise<any>} what the child says, its peak memory and spill */
function child(folder, args) {
  const started = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), '--child', folder, ...args]);
  let peak = 0;
  let spill = 0;
  const look = setInterval(() => {
    try {
      const found = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${started.pid}/status`, 'utf8'));
      peak = Math.max(peak, Number(found?.[1] ?? 0) * 1024);
      spill = Math.max(spill, sizeOf(join(folder, 'spill')));
    } catch {
      // It has just ended, or a file has just gone.
    }
  }, 200);
  return new Promise((resolve, reject) => {
    /** @type {any} */
    let result;
    started.on('message', (message) => (result = message));
    started.on('close', (code) => {
      clearInterval(look);
      if (code === 0 && result !== undefined) resolve({ ...result, peak, spill });
      else reject(new Error(`the process for ${args.join(' ')} ended with ${code}`));
    });
  });
}

/** @param {string} folder @returns {number} */
function sizeOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

async function measure() {
  const sizes = values.sizes.split(',').map((text) => Number(text.replace('M', 'e6').replace('k', 'e3')));
  const needed = Math.max(...sizes) * 200;
  const { bavail, bsize } = statfsSync(values.folder);
  if (bavail * bsize < needed)
    throw new Error(`${values.folder}: ${Math.ceil(needed / 1e9)} GB of free disk are needed`);
  /** @type {any[]} */
  const results = [];
  for (const size of sizes) {
    const folder = mkdtempSync(join(values.folder, 'difsr-benchmark-'));
    try {
      const log = await child(folder, ['--phase', 'generate', '--interactions', String(size)]);
      const prepared = await child(folder, ['--phase', 'prepare']);
      const before = results.at(-1);
      const perRow = prepared.seconds / log.rows;
      const ratio = before === undefined ? null : perRow / (before.prepared.seconds / before.log.rows);
      results.push({ log, prepared, ratio });
      if (!values.json) show(results.length, { log, prepared, ratio });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  if (values.json) console.log(JSON.stringify(results));
}

/** @param {number} at @param {any} result */
function show(at, { log, prepared, ratio }) {
  const mega = (/** @type {number} */ bytes) => Math.round(bytes / 1e6).toLocaleString('en');
  if (at === 1) {
    console.log(
      '| rows | input MB | generate s | its peak MB | prepare s | rows/s | peak MB | spill MB | output MB | s per row, against before | steps |\n|---|---|---|---|---|---|---|---|---|---|---|',
    );
  }
  const steps = Object.entries(prepared.steps).map(([name, s]) => `${name} ${Number(s).toFixed(1)}`);
  const rate = Math.round(log.rows / prepared.seconds).toLocaleString('en');
  console.log(
    `| ${log.rows.toLocaleString('en')} | ${mega(log.bytes)} | ${log.seconds.toFixed(1)} | ${mega(log.peak)} | ${prepared.seconds.toFixed(1)} | ${rate} | ${mega(prepared.peak)} | ${mega(prepared.spill)} | ${mega(prepared.bytes)} | ${ratio === null ? '' : ratio.toFixed(2)} | ${steps.join(', ')} |`,
  );
}
