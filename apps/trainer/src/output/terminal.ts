// Where a command's output goes: text for people or JSON lines for programs, with colours where a terminal shows them.
import { styleText } from 'node:util';
import { inOwnName } from '../command-line.js';

/** Styles that the commands use. */
export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red';

/** The output of one command. */
export interface Terminal {
  /** Whether stdout carries JSON instead of text. */
  readonly json: boolean;
  /** Whether stdout is a terminal on which lines can be redrawn. */
  readonly interactive: boolean;
  readonly columns: number;
  /** A line of text on stdout; nothing with `json`. */
  line(text?: string): void;
  /** A value as one line of JSON on stdout; nothing without `json`. */
  value(value: unknown): void;
  /** A warning on stderr. */
  warn(text: string): void;
  style(style: Style, text: string): string;
}

/** The process's own terminal. */
export function processTerminal(options: { readonly json: boolean }): Terminal {
  const { stdout, stderr } = process;
  const colours = stdout.isTTY && stdout.hasColors();
  return {
    json: options.json,
    // A pseudo-terminal without a size (0 rows) would show nothing of what is redrawn: plain lines there.
    interactive: !options.json && stdout.isTTY && stdout.rows > 0,
    columns: stdout.columns || 100, // a pseudo-terminal without a size says 0
    line: (text = '') => {
      if (!options.json) stdout.write(`${text}\n`);
    },
    value: (value) => {
      if (options.json) stdout.write(`${JSON.stringify(value)}\n`);
    },
    warn: (text) => void stderr.write(`warning: ${inOwnName(text)}\n`),
    style: (style, text) => (colours ? styleText(style, text) : text),
  };
}
