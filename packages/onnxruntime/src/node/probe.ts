// Which devices work on this machine. Each is tried in a process of its own, so that a driver that crashes or hangs
// harms nobody.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { devices, type Device } from '../devices.js';
import { reportDevices, type DeviceReport, type ProbeAnswer } from '../measure.js';
import { deviceCure } from './platform.js';
import { Trials } from './trials.js';

/** Milliseconds after which a device counts as not working. */
const PATIENCE = 60_000;

const trials = new Trials(probe);

/**
 * Runs a small graph and a large product on devices. The first report is the fastest device that works (a GPU
 * that is emulated in software works, and comes behind the CPU); those that do not work stand at the end. A process tries
 * one device at a time; one that works is not tried again, one that does not after a minute.
 *
 * @param some devices to try; all of them by default
 * @example
 * ```ts
 * const best = (await probeDevices()).find(({ works }) => works)?.device ?? 'cpu';
 * const [cuda] = await probeDevices(['cuda']);
 * ```
 */
export async function probeDevices(some: readonly Device[] = devices): Promise<DeviceReport[]> {
  return reportDevices((device) => trials.of(device), deviceCure, some);
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
    // The first of these says what became of the trial; the others have no effect after it.
    child.on('message', (message) => resolve(answerIn(message)));
    child.on('error', (error) => {
      clearTimeout(patience); // what could not be started does not exit
      resolve({ problem: `the probe could not be started: ${error.message}` });
    });
    child.on('exit', (code, signal) => {
      clearTimeout(patience);
      resolve({ problem: `the probe died with ${signal === null ? `exit code ${code}` : signal}` });
    });
  });
}

function answerIn(message: unknown): ProbeAnswer {
  if (typeof message === 'object' && message !== null) {
    // What our own probe sends is plain data that it had as a ProbeAnswer.
    if ('problem' in message && typeof message.problem === 'string') return message as ProbeAnswer;
    if ('gigaflops' in message && typeof message.gigaflops === 'number') return { gigaflops: message.gigaflops };
  }
  return { problem: 'the probe gave an answer that is none' };
}
