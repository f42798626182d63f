// Readers of the output that go away (`command | head -4`): the work goes on to its end, whoever reads.
import process from 'node:process';

/** The reader has gone: a closed pipe, a closed socket (pipes that Node makes), a terminal that hung up, and what follows each. */
const GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ECONNRESET', 'EIO', 'EOF', 'ERR_STREAM_DESTROYED']);

/**
 * Lets the process work on when its output cannot be written. A reader that has gone changes nothing, not even the exit
 * code. Where nobody left but the output is lost all the same (a full disk behind `>`), that is said, and a run that
 * would have ended with 0 ends with `lost`.
 */
export function outliveReaders(lost: number): void {
  for (const [stream, other] of [
    [process.stdout, process.stderr],
    [process.stderr, process.stdout],
  ] as const) {
    let told = false;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (told || GONE.has(error.code)) return;
      told = true;
      other.write(`error: the output cannot be written (${error.code ?? error.message}); the work goes on\n`);
      process.on('exit', (code) => {
        if (code === 0) process.exitCode = lost;
      });
    });
  }
}
