// Which devices work on this machine. Each is tried in a process of its own, so that a driver that crashes or hangs
// harms nobody.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Device } from '../devices.js';
import { reportDevices, type DeviceReport, type ProbeAnswer } from '../measure.js';
import { deviceCure } from './platform.js';

/** Milliseconds after which a device counts as not working. */
const PATIENCE = 60_000;

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
  return reportDevices(probe, deviceCure);
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
