// What is checked of each device, each part a process, and what is made of how it ended.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../bootstrap.mjs';

/**
 * @typedef {object} Device A device of a backend.
 * @property {string} backend
 * @property {string} device
 *
 * @typedef {object} Outcome What became of a part.
 * @property {'ran' | 'skipped' | 'failed'} state
 * @property {string} [why] Of a part that was skipped or failed.
 * @property {string} [cure] Of a part that failed.
 * @property {number} [seconds]
 * @property {string} [said] The last line that it printed.
 *
 * @typedef {object} Settings
 * @property {string} [fixtures] A folder of golden tensors.
 * @property {string} scratch A folder for runs and reports.
 * @property {boolean} [software] The device is emulated: work that would take hours is left out, or made small.
 * @property {number} every One of so many cases of the conformance suite.
 * @property {number} minutes After which a part is ended.
 */

/** The devices that need a GPU. @type {readonly Device[]} */
export const GPU_DEVICES = [
  { backend: 'onnxruntime', device: 'cuda' },
  { backend: 'onnxruntime', device: 'webgpu' },
  { backend: 'tfjs', device: 'node-gpu' },
];

/** A benchmark that an emulated device gets through. */
const SMALL = ['--users', '12', '--items', '126', '--rounds', '1', '--steps', '1', '--no-plain'];
const REPORT = 'please report this with the whole JSON file';
/** Characters of a reason. */
const SHOWN = 1500;

/**
 * The command of each part; a text is why it is left out.
 * @param {Device} device @param {Settings} settings @returns {Readonly<Record<string, readonly string[] | string>>}
 */
export function partsOf({ backend, device }, { fixtures, scratch, every, software = false }) {
  const folder = join(scratch, `${backend}-${device}`);
  return {
    conformance: ['scripts/gpu-check/conformance.mjs', backend, device, String(every)],
    'golden fixtures':
      fixtures === undefined
        ? 'no folder was given: --fixtures fixtures/reference'
        : ['fixtures/dist/main.js', fixtures, '--backend', backend, '--device', device],
    training: software
      ? 'a software adapter would take hours for an epoch; the benchmark trains some steps'
      : ['apps/trainer/bin/difsr.js', 'train', '--data', 'generated', '--epochs', '1', '--no-test'].concat([
          '--backend',
          backend,
          '--device',
          device,
          '--out',
          join(folder, 'run'),
        ]),
    benchmark: [
      'apps/benchmark/bin/difsr-bench.js',
      'train',
      '--quick',
      '--backends',
      backend,
      '--devices',
      device,
    ].concat(software ? SMALL : [], ['--out', join(folder, 'benchmark')]),
  };
}

/**
 * What a process says of its part.
 * @param {{ code: number | null, signal: string | null, stdout: string, stderr: string, seconds: number }} ended
 * @returns {Outcome}
 */
export function outcomeOf({ code, signal, stdout, stderr, seconds }) {
  const said = stdout.trim().split('\n').at(-1) ?? '';
  if (code === 0) return { state: 'ran', seconds, said };
  const end = signal === null ? `exit code ${code}` : `signal ${signal}`;
  const cure = [...stderr.matchAll(/^\s*cure: (.*)$/gm)].at(-1)?.[1];
  return {
    state: 'failed',
    why: `${end}: ${stderr.trim().slice(-SHOWN) || said}`,
    cure: cure ?? REPORT,
    seconds,
    said,
  };
}

/** Runs a part to its outcome. @param {readonly string[] | string} command @param {Settings} settings @returns {Promise<Outcome>} */
export async function runPart(command, { minutes }) {
  if (typeof command === 'string') return { state: 'skipped', why: command };
  const started = performance.now();
  const child = spawn(process.execPath, [...command], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const written = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (written.stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (written.stderr += String(chunk)));
  let late = false;
  const patience = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, minutes * 60_000);
  /** @type {{ code: number | null, signal: string | null }} */
  const ended = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  clearTimeout(patience);
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const outcome = outcomeOf({ ...ended, ...written, seconds });
  return late
    ? {
        ...outcome,
        why: `no end within ${minutes} minutes`,
        cure: 'give it longer: --minutes, or fewer cases: --every 10',
      }
    : outcome;
}
