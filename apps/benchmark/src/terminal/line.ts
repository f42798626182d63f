// What a command shows while it goes on: lines that stay, and on a terminal one that is redrawn below them.
import { createLogUpdate } from 'log-update';

/** Lines on stderr, so that stdout holds the results alone. */
export interface LiveLine {
  /** A line that stays. */
  say(text: string): void;
  /** What is redrawn, on a terminal alone, a few times a second. */
  draw(text: string): void;
  /** Leaves the terminal as it was. */
  close(): void;
}

/** Milliseconds. */
const REDRAW = 100;

/** Opens the lines of a stream. */
export function openLine(stream: NodeJS.WriteStream = process.stderr): LiveLine {
  // The hidden cursor would stay hidden when the process is killed.
  const draw = stream.isTTY ? createLogUpdate(stream, { showCursor: true }) : undefined;
  let drawn = 0;
  return {
    say: (text) => {
      draw?.clear();
      stream.write(`${text}\n`);
    },
    draw: (text) => {
      if (draw === undefined || performance.now() - drawn < REDRAW) return;
      drawn = performance.now();
      draw(text.slice(0, Math.max(20, (stream.columns || 100) - 1)));
    },
    close: () => {
      draw?.clear();
      draw?.done();
    },
  };
}
