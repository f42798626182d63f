// `pnpm gpu-check`: everything that needs a GPU, on a machine that has one, into one JSON file: what ran, what was skipped and why, what
// failed and what cures it. docs/guide/gpu.md tells how to use it.
//
//   pnpm gpu-check [--out benchmarks/gpu-check.json] [--fixtures fixtures/reference] [--software] [--every 1] [--minutes 30] [--no-build]
//
// --software: WebGPU on a software adapter (Debian: apt-get install chromium libvulkan1), which shows that the code runs and not how fast.
// --every: one of so many cases of the conformance suite. Exit code 0: nothing failed, also where there is no GPU; 1: something failed;
// 2: a wrong option.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare, ROOT } from './bootstrap.mjs';
import { GPU_DEVICES, partsOf, runPart } from './gpu-check/parts.mjs';

const SOFTWARE = '/usr/lib/chromium/vk_swiftshader_icd.json';

function options() {
  const { values } = parseArgs({
    args: process.argv.slice(2).filter((arg) => arg !== '--'),
    options: {
      out: { type: 'string', default: join('benchmarks', 'gpu-check.json') },
      fixtures: { type: 'string' },
      software: { type: 'boolean', default: false },
      every: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '30' },
      'no-build': { type: 'boolean', default: false },
    },
  });
  for (const name of /** @type {const} */ (['every', 'minutes']))
    if (!/^[1-9]\d*$/.test(values[name]))
      throw new TypeError(`--${name} is a whole number from 1 on, got "${values[name]}"`);
  if (values.software && !existsSync(SOFTWARE))
    throw new TypeError(`--software: there is no ${SOFTWARE} (Debian: apt-get install chromium libvulkan1)`);
  if (values.fixtures !== undefined && !existsSync(resolve(ROOT, values.fixtures)))
    throw new TypeError(`--fixtures: there is no folder "${values.fixtures}"`);
  return values;
}

/** @type {ReturnType<typeof options>} */
let given;
try {
  given = options();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(2);
}
const { out, fixtures, software, every, minutes, 'no-build': built } = given;
if (!built) {
  try {
    await prepare({ projects: ['apps/trainer', 'apps/benchmark', 'fixtures'], quiet: true });
  } catch {
    process.exit(1); // the failing step has printed its output
  }
}
if (software) {
  process.env['VK_ICD_FILENAMES'] ??= SOFTWARE;
  process.env['XDG_RUNTIME_DIR'] ??= tmpdir();
}

const { doctor } = await import('../packages/library/dist/index.js');
const { say } = await import('../packages/errors/dist/index.js');
const { machine, findings } = await doctor();
const scratch = await mkdtemp(join(tmpdir(), 'difsr-gpu-check-'));
const settings = {
  scratch,
  software,
  every: Number(every),
  minutes: Number(minutes),
  ...(fixtures === undefined ? {} : { fixtures }),
};
/** @type {object[]} */
const devices = [];
let failed = false;
let tried = 0;
try {
  for (const device of GPU_DEVICES) {
    const title = `${device.backend} ${device.device}`;
    const found = findings.find((one) => one.backend === device.backend && one.device === device.device);
    const doctored = { works: found?.works ?? false, detail: found?.detail ?? 'doctor does not know it' };
    const cure = found?.cure === undefined ? {} : { cure: say(found.cure) };
    /** @type {Record<string, import('./gpu-check/parts.mjs').Outcome>} */
    const parts = {};
    if (doctored.works) tried++;
    console.log(`${title}: ${doctored.works ? 'works' : 'does not work'}: ${doctored.detail}`);
    for (const [part, command] of Object.entries(partsOf(device, settings))) {
      const outcome = await runPart(doctored.works ? command : 'the device does not work here', settings);
      parts[part] = outcome;
      failed ||= outcome.state === 'failed';
      if (!doctored.works) continue;
      console.log(
        `  ${part}: ${outcome.state}${outcome.why === undefined ? `: ${outcome.said ?? ''}` : `: ${outcome.why}`}`,
      );
      if (outcome.cure !== undefined) console.log(`    cure: ${outcome.cure}`);
    }
    devices.push({ ...device, doctor: { ...doctored, ...cure }, parts });
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}

const file = resolve(ROOT, out);
await mkdir(dirname(file), { recursive: true });
const summary = tried === 0 ? 'no GPU works here' : failed ? 'something failed' : 'nothing failed';
const report = {
  kind: 'gpu-check',
  version: 1,
  when: new Date().toISOString(),
  software,
  machine,
  summary,
  findings,
  devices,
};
await writeFile(`${file}.tmp`, `${JSON.stringify(report, undefined, 2)}\n`);
await rename(`${file}.tmp`, file);
console.log(
  tried === 0
    ? `no GPU works here, so nothing was checked; ${out} says why and what would help`
    : `${summary}; ${out} has all of it`,
);
process.exitCode = failed ? 1 : 0;
