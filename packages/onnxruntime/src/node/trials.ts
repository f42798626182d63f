// Trials of devices, shared: each costs a second of processor time, and two at once that fight over one GPU would say little about either.
import type { Device } from '../devices.js';
import type { ProbeAnswer } from '../measure.js';

/** Milliseconds for which a device counts as not working: what it lacked, such as memory, may be free again. */
const FORGIVEN = 60_000;

interface Trial {
  readonly answer: Promise<ProbeAnswer>;
  /** When it ended without success. */
  failedAt?: number;
}

/** Tries devices one after the other. Who asks for one that is being tried, or has been, gets the answer of that trial. */
export class Trials {
  readonly #attempt: (device: Device) => Promise<ProbeAnswer>;
  readonly #now: () => number;
  readonly #trials = new Map<Device, Trial>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(attempt: (device: Device) => Promise<ProbeAnswer>, now: () => number = () => performance.now()) {
    this.#attempt = attempt;
    this.#now = now;
  }

  /** What a device answers. One that works is not tried again, one that does not after a minute. */
  of(device: Device): Promise<ProbeAnswer> {
    const known = this.#trials.get(device);
    if (known !== undefined && (known.failedAt === undefined || this.#now() - known.failedAt <= FORGIVEN))
      return known.answer;
    const trial: Trial = {
      answer: this.#last.then(async () => this.#try(device, () => (trial.failedAt = this.#now()))),
    };
    this.#trials.set(device, trial);
    this.#last = trial.answer;
    return trial.answer;
  }

  async #try(device: Device, failed: () => void): Promise<ProbeAnswer> {
    const answer = await this.#attempt(device).catch((error: unknown): ProbeAnswer => ({
      problem: `the probe could not be started: ${error instanceof Error ? error.message : String(error)}`,
    }));
    if ('problem' in answer) failed();
    return answer;
  }
}
