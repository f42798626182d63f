// Which devices work on this machine. Each is tried in a process of its own, so that a driver that crashes or hangs
// harms nobody.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { devices, type Device } from '../devices.js';
import { deviceCure } from './platform.js';
import type { ProbeAnswer } from './probe-child.js';

/** Milliseconds after which a device counts as not working. */
const PATIENCE = 60_000;

/** What was found out about a device. */
export interface DeviceReport {
  readonly device: Device;
  readonly works: boolean;
  /** One line: how fast it is, or why it does not work. */
  readonly detail: string;
  /** How to make it work; absent where it does. */
  readonly cure?: string;
}

/**
 * Runs a small graph and a large product on every device. The first report is the fastest device that works (a GPU
 * that is emulated in software works, and comes behind the CPU); those that do not work stand at the end.
 *
 * @example
 * ```ts
 * const best = (await probeDevices()).find(({ works }) => works)?.device ?? 'cpu';
 * ```
 */
export async function probeDevices(): Promise<DeviceReport[]> {
  const answers: { readonly device: Device; readonly answer: ProbeAnswer }[] = [];
  // One after the other: two that fight over one GPU would say little about either.
  for (const device of devices) answers.push({ device, answer: await probe(device) });
  const speed = (answer: ProbeAnswer): number => ('gigaflops' in answer ? answer.gigaflops : -1);
  return answers
    .toSorted((a, b) => speed(b.answer) - speed(a.answer))
    .map(({ device, answer }) => report(device, answer));
}

function report(device: Device, answer: ProbeAnswer): DeviceReport {
  if ('gigaflops' in answer)
    return { device, works: true, detail: `${answer.gigaflops.toPrecision(2)} GFLOP/s in a matrix product` };
  // An error's own cure is nearer to the cause (a package that is missing, say) than what the device needs in general.
  const [detail = '', cure = deviceCure(device).replace(/^Cure: /, '')] = answer.problem.split(/\s*Cure: /);
  return { device, works: false, detail, cure };
}

function probe(device: Device): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL('./probe-child.js', import.meta.url)), [device], {
      stdio: 'ignore',
      execArgv: [],
    });
    const patience = setTimeout(() => {
      resolve({ problem: `no answer within ${PATIENCE / 1000} s` });
      child.kill('SIGKILL');
    }, PATIENCE);
    child.on('message', (message) => resolve(answerIn(message)));
    child.on('error', (error) => resolve({ problem: `the probe could not be started: ${error.message}` }));
    child.on('exit', (code, signal) => {
      clearTimeout(patience);
      resolve({ problem: `the probe died with ${signal === null ? `exit code ${code}` : signal}` }); // no effect after an answer
    });
  });
}

function answerIn(message: unknown): ProbeAnswer {
  if (typeof message === 'object' && message !== null) {
    if ('problem' in message && typeof message.problem === 'string') return { problem: message.problem };
    if ('gigaflops' in message && typeof message.gigaflops === 'number') return { gigaflops: message.gigaflops };
  }
  return { problem: 'the probe gave an answer that is none' };
}
