// Ctrl-C: the first one asks the work to stop, the second one quits at once.
import process from 'node:process';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The exit code of a command that was interrupted, as shells have it: 128 and the number of SIGINT. */
const INTERRUPTED = 130;

/** What follows SIGINT and SIGTERM. */
export interface Interrupted<T> {
  /** What the first one leads to, in a word for the user: `saving`. */
  readonly doing: () => string;
  /** Called where the work gave up because of it; what the command has instead of a result. */
  readonly stopped: () => T;
}

/**
 * Runs `work` with a signal that the first SIGINT or SIGTERM aborts; the second one ends the process.
 *
 * @example
 * ```ts
 * const done = await withInterrupt((signal) => prepare('orders.csv', { signal }), {
 *   doing: () => 'stopping',
 *   stopped: () => undefined,
 * });
 * ```
 */
export async function withInterrupt<T, S>(
  work: (signal: AbortSignal) => Promise<T>,
  { doing, stopped }: Interrupted<S>,
): Promise<T | S> {
  const controller = new AbortController();
  const { signal } = controller;
  const handler = (): void => {
    // Every write is atomic, so quitting at once loses nothing but the steps since the last checkpoint.
    if (signal.aborted) process.exit(INTERRUPTED);
    controller.abort();
    process.stderr.write(`\n${doing()}; Ctrl-C again quits at once\n`);
  };
  for (const name of SIGNALS) process.on(name, handler);
  try {
    return await work(signal);
  } catch (error) {
    if (!isOf(signal, error)) throw error;
    return stopped();
  } finally {
    for (const name of SIGNALS) process.off(name, handler);
  }
}

/** Whether work failed because of a signal: what fails while it stops, such as a full disk, is still to be told. */
function isOf(signal: AbortSignal, error: unknown): boolean {
  if (!signal.aborted) return false;
  if (error === signal.reason) return true;
  return error instanceof Error && (error.name === 'AbortError' || isOf(signal, error.cause));
}
