// Which devices work on this machine. Each is tried in a process of its own, so that a driver that crashes or hangs
// harms nobody.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { deviceCure, devices, type Device } from './devices.js';

/** Milliseconds after which a device counts as not working. */
const PATIENCE = 60_000;

/** What was found out about a device. */
export interface DeviceReport {
  readonly device: Device;
  readonly works: boolean;
  /** One line: that it computed a small graph, or why not. */
  readonly detail: string;
  /** How to make it work; absent where it does. */
  readonly cure?: string;
}

/**
 * Runs a small graph on every device, fastest device first.
 *
 * @example
 * ```ts
 * const best = (await probeDevices()).find(({ works }) => works)?.device ?? 'cpu';
 * ```
 */
export async function probeDevices(): Promise<DeviceReport[]> {
  const reports: DeviceReport[] = [];
  // One after the other: two that fight over one GPU would say little about either.
  for (const device of devices) {
    const problem = await problemOf(device);
    const cure = deviceCure(device);
    reports.push(
      problem === undefined
        ? { device, works: true, detail: 'computed a small graph' }
        : { device, works: false, detail: problem.replace(cure, '').trim(), cure: cure.replace(/^Cure: /, '') },
    );
  }
  return reports;
}

function problemOf(device: Device): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL('./probe-child.js', import.meta.url)), [device], {
      stdio: 'ignore',
      execArgv: [],
    });
    const patience = setTimeout(() => {
      resolve(`no answer within ${PATIENCE / 1000} s`);
      child.kill('SIGKILL');
    }, PATIENCE);
    child.on('message', (message) => resolve(problemIn(message)));
    child.on('error', (error) => resolve(`the probe could not be started: ${error.message}`));
    child.on('exit', (code, signal) => {
      clearTimeout(patience);
      resolve(`the probe died with ${signal === null ? `exit code ${code}` : signal}`); // no effect after an answer
    });
  });
}

/** The child sends `{problem}`: a text, or null where the device works. */
function problemIn(message: unknown): string | undefined {
  if (typeof message === 'object' && message !== null && 'problem' in message) {
    if (message.problem === null) return undefined;
    if (typeof message.problem === 'string') return message.problem;
  }
  return 'the probe gave an answer that is none';
}
