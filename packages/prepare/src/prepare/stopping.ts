// An engine that a signal stops: between statements, within one, and between the chunks of a result.
import type { Engine } from '../engine/engine.js';

/** Milliseconds between interrupts: one that comes before a statement has begun is lost. */
const AGAIN = 50;

/** The engine under a signal; `release` when the work is over. */
export function stoppable(
  engine: Engine,
  signal: AbortSignal | undefined,
): { readonly engine: Engine; readonly release: () => void } {
  if (signal === undefined) return { engine, release: () => undefined };
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    engine.interrupt();
    timer ??= setInterval(() => engine.interrupt(), AGAIN);
  };
  const guarded = async <T>(action: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    return action();
  };
  signal.addEventListener('abort', stop);
  return {
    engine: {
      ...engine,
      run: async (sql) => guarded(async () => engine.run(sql)),
      rows: async (sql) => guarded(async () => engine.rows(sql)),
      count: async (sql) => guarded(async () => engine.count(sql)),
      chunks: (sql) => guardedChunks(engine, sql, signal),
    },
    release: () => {
      signal.removeEventListener('abort', stop);
      clearInterval(timer);
    },
  };
}

async function* guardedChunks(engine: Engine, sql: string, signal: AbortSignal): ReturnType<Engine['chunks']> {
  for await (const chunk of engine.chunks(sql)) {
    signal.throwIfAborted();
    yield chunk;
  }
}
