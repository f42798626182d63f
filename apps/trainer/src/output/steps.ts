// The progress of a preparation: the step at work on a terminal, a line per step elsewhere.
import { createLogUpdate } from 'log-update';
import { duration, seconds, whole } from './table.js';
import type { Terminal } from './terminal.js';

/** Shows steps; `close` leaves the terminal as it was. */
export interface StepProgress {
  step(event: { readonly step: string; readonly left?: number }): void;
  close(): void;
}

const REDRAW = 250;
/** Steps in words; others are shown by their name. */
const WORDS: Readonly<Record<string, string>> = {
  open: 'looking at the files',
  read: 'reading',
  number: 'numbering users and items',
  fields: 'numbering values',
  write: 'writing',
};

/** The progress that fits a terminal. */
export function createSteps(terminal: Terminal): StepProgress {
  if (terminal.json) return { step: (event) => terminal.value({ kind: 'step', ...event }), close: () => undefined };
  const draw = terminal.interactive ? createLogUpdate(process.stdout, { showCursor: true }) : undefined;
  const began = performance.now();
  let current = '';
  let since = began;
  let left = '';
  const redraw = (): void => {
    if (current !== '') draw?.(`${WORDS[current] ?? current}  ${duration((performance.now() - began) / 1000)}${left}`);
  };
  const timer = draw === undefined ? undefined : setInterval(redraw, REDRAW);
  timer?.unref();
  const finish = (): void => {
    if (current === '') return;
    draw?.clear();
    terminal.line(
      terminal.style('dim', `${WORDS[current] ?? current}  ${seconds((performance.now() - since) / 1000)}${left}`),
    );
  };
  return {
    step: ({ step, left: rows }) => {
      if (rows !== undefined) left = `  ${whole(rows)} rows left`;
      if (step === current) return;
      finish();
      current = step === 'done' ? '' : step;
      since = performance.now();
      redraw();
    },
    close: () => {
      clearInterval(timer);
      draw?.clear();
      draw?.done();
    },
  };
}
