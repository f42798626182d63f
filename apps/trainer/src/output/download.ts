// A download as output: a bar with speed and time left on a terminal, a line now and then elsewhere, JSON lines for programs.
import type { PullEvent } from '@difsr/prepare/pull';
import { createLogUpdate } from 'log-update';
import { bar } from './progress.js';
import { bytes, duration, seconds } from './table.js';
import type { Terminal } from './terminal.js';

/** Shows events; `close` leaves the terminal as it was and may be called twice. */
export interface DownloadProgress {
  event(event: PullEvent): void;
  close(): void;
}

const REDRAW = 100;
const LINE_EVERY = 10_000;

/** The progress that fits a terminal. */
export function createDownloadProgress(terminal: Terminal): DownloadProgress {
  // Pieces arrive by the thousand: a few of them tell as much.
  const due = (every: number): ((event: PullEvent) => boolean) => {
    let last = -Infinity;
    return ({ kind }) => {
      const now = performance.now();
      if (kind === 'bytes' && now - last < every) return false;
      if (kind === 'bytes') last = now;
      return true;
    };
  };
  if (terminal.json) {
    const tell = due(1000);
    return { event: (event) => tell(event) && terminal.value(event), close: () => undefined };
  }
  if (!terminal.interactive) {
    const tell = due(LINE_EVERY);
    return {
      event: (event) => {
        const text = tell(event) ? lineOf(event) : undefined;
        if (text !== undefined) terminal.line(text);
      },
      close: () => undefined,
    };
  }
  // The hidden cursor would stay hidden when the process is killed.
  const draw = createLogUpdate(process.stdout, { showCursor: true });
  const tell = due(REDRAW);
  let closed = false;
  return {
    event: (event) => {
      const text = tell(event) ? lineOf(event) : undefined;
      if (text === undefined) return;
      if (event.kind === 'retry') {
        draw.clear();
        terminal.line(text);
      } else draw(text.slice(0, Math.max(20, terminal.columns - 1)));
    },
    close: () => {
      if (closed) return;
      closed = true;
      draw.clear();
      draw.done();
    },
  };
}

/** The text of an event; undefined where it needs none. */
export function lineOf(event: PullEvent): string | undefined {
  switch (event.kind) {
    case 'file': {
      const goesOn = event.received > 0 ? `, goes on at ${bytes(event.received)}` : '';
      return `${event.file} (${event.index + 1} of ${event.files})${goesOn}`;
    }
    case 'bytes': {
      const { file, received, total, bytesPerSecond, secondsLeft } = event;
      const share = total === undefined ? '' : `  ${bar(received / total)}  ${Math.floor((received / total) * 100)} %`;
      const of = total === undefined ? bytes(received) : `${bytes(received)} of ${bytes(total)}`;
      const left = secondsLeft === undefined ? '' : `  ${duration(secondsLeft)} left`;
      return `${file}${share}  ${of}  ${(bytesPerSecond / 1e6).toFixed(1)} MB/s${left}`;
    }
    case 'retry':
      return `${event.file}: ${event.reason}; tries again in ${seconds(event.wait / 1000)}`;
    case 'verify':
      return `${event.file}: checksum`;
    case 'unpack':
      return `${event.file}: unpacks ${event.member}`;
    case 'done':
      return undefined;
  }
}
