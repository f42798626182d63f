// What is shown of the runs of a job while they are trained: a progress for one, lines with their names for several at once.
import { say } from '@difsr/errors';
import type { TrainingEvent } from '@difsr/training';
import { typed } from '../typed.js';
import { createProgress, type Progress } from './progress.js';
import { metric, metricTitle } from './table.js';
import type { Terminal } from './terminal.js';

/** The runs of a job on a terminal. */
export class ShownRuns {
  readonly #terminal: Terminal;
  readonly #noted = new Set<string>();
  readonly #several: boolean;
  /** What runs at once stop by. */
  readonly #metrics = new Map<string, string>();
  #progress: Progress | undefined;

  /** @param jobs Runs at once: the lines of several would tell nobody which they are of. */
  constructor(terminal: Terminal, jobs: number) {
    this.#terminal = terminal;
    this.#several = jobs > 1;
  }

  /** A run begins, or goes on. */
  begin(title: string): void {
    this.close();
    this.#terminal.line(this.#terminal.style('bold', `${this.#several ? '' : '\n'}${title}`));
    // Losses of different models cannot be compared.
    if (!this.#several) this.#progress = createProgress({ terminal: this.#terminal, losses: false });
  }

  training(id: string, event: TrainingEvent): void {
    if (this.#several) this.#line(id, event);
    else this.#progress?.event(event);
  }

  /** Every run opens the same device: said once. */
  note(message: string): void {
    if (this.#noted.has(message)) return;
    this.#noted.add(message);
    this.#terminal.line(message);
  }

  /** A line of what a run came to. */
  ended(line: string): void {
    this.close();
    this.#terminal.line(line);
  }

  failed(id: string, message: string): void {
    this.ended(`${this.#terminal.style('red', 'failed:')} ${id}: ${message}`);
  }

  close(): void {
    this.#progress?.close();
    this.#progress = undefined;
  }

  /** Of several runs at once: epochs and warnings alone, each with its run. */
  #line(id: string, event: TrainingEvent): void {
    if (event.kind === 'warning') return this.#terminal.warn(`${id}: ${say(event.text, typed)}`);
    if (event.kind === 'start') this.#metrics.set(id, event.metric);
    if (event.kind !== 'epoch') return undefined;
    const { epoch, valid, seconds } = event.record;
    const by = this.#metrics.get(id);
    const value = by === undefined ? undefined : valid[by];
    const reached = by === undefined || value === undefined ? '' : `, validation ${metricTitle(by)} ${metric(value)}`;
    return this.#terminal.line(
      `${id}: epoch ${epoch}${reached}, ${seconds.toFixed(1)} s${event.best ? ' * best' : ''}`,
    );
  }
}
