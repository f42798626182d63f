// Ctrl-C: the first one asks the run to write what it has and stop, the second one quits at once.
import { exitCodes } from './errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Runs `work` with a signal that the first SIGINT or SIGTERM aborts. */
export async function withInterrupt<T>(onFirst: () => void, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const handler = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort();
    onFirst();
  };
  for (const name of SIGNALS) process.on(name, handler);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, handler);
  }
}
