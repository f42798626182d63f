// Which devices work on this machine. Each is tried in a process of its own, so that a driver that crashes or hangs
// harms nobody.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { devices, type Device } from '../devices.js';
import { reportDevices, type DeviceReport, type ProbeAnswer } from '../measure.js';
import { deviceCure } from './platform.js';

/** Milliseconds after which a device counts as not working. */
const PATIENCE = 60_000;

/** Milliseconds for which a device counts as not working: what it lacked, such as memory, may be free again. */
const FORGIVEN = 60_000;

/** What devices have answered: each trial costs a second of processor time, and who works goes on working. */
const answers = new Map<Device, { readonly answer: ProbeAnswer; readonly at: number }>();

/** What a device has answered, where that still counts. */
function answered(device: Device): ProbeAnswer | undefined {
  const { answer, at } = answers.get(device) ?? {};
  return answer === undefined || ('problem' in answer && performance.now() - (at ?? 0) > FORGIVEN) ? undefined : answer;
}

/**
 * Runs a small graph and a large product on devices. The first report is the fastest device that works (a GPU
 * that is emulated in software works, and comes behind the CPU); those that do not work stand at the end. A device that
 * has worked is not tried again by the same process, one that has not after a minute.
 *
 * @param some devices to try; all of them by default
 * @example
 * ```ts
 * const best = (await probeDevices()).find(({ works }) => works)?.device ?? 'cpu';
 * const [cuda] = await probeDevices(['cuda']);
 * ```
 */
export async function probeDevices(some: readonly Device[] = devices): Promise<DeviceReport[]> {
  return reportDevices(async (device) => answered(device) ?? probe(device), deviceCure, some);
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
    child.on('message', (message) => {
      const answer = answerIn(message);
      answers.set(device, { answer, at: performance.now() });
      resolve(answer);
    });
    child.on('error', (error) => resolve({ problem: `the probe could not be started: ${error.message}` }));
    child.on('exit', (code, signal) => {
      clearTimeout(patience);
      resolve({ problem: `the probe died with ${signal === null ? `exit code ${code}` : signal}` }); // no effect after an answer
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
