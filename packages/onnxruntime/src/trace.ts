// What DIFSR_TRACE shows: what was compiled, how long sessions took to make, how long programs ran.
import { printGraph, type Graph } from '@difsr/graph';

/** After so many runs of a program the average is written again. */
const REPORT_EVERY = 100;

/** How much is shown: see the README. */
export type TraceLevel = 0 | 1 | 2 | 3;

/** Where traces go. */
export interface Tracer {
  level(): TraceLevel;
  write(text: string): void;
  /** Keeps a model for inspection; returns where, or undefined where there is no place for it. */
  save(label: string, bytes: Uint8Array): string | undefined;
}

/** The level that a text or number means: 0 where it is none; levels above 3 mean 3. */
export function traceLevelOf(value: unknown): TraceLevel {
  const level = Math.trunc(Number(value ?? 0));
  if (!(level >= 1)) return 0;
  return level === 1 ? 1 : level === 2 ? 2 : 3;
}

/** Levels 2 and 3: the graph as text, the model as a file. */
export function traceModel(tracer: Tracer, label: string, graph: Graph, bytes: Uint8Array): void {
  const level = tracer.level();
  if (level >= 2) tracer.write(`program "${label}"\n${printGraph(graph)}`);
  const place = level >= 3 ? tracer.save(label, bytes) : undefined;
  if (place !== undefined) tracer.write(`program "${label}" written to ${place}`);
}

/** Level 1: size of a program and the time its session took. */
export function traceSession(tracer: Tracer, label: string, nodes: number, bytes: number, milliseconds: number): void {
  if (tracer.level() >= 1)
    tracer.write(`program "${label}": ${nodes} nodes, ${bytes} bytes, session in ${milliseconds.toFixed(1)} ms`);
}

/** Times the runs of one program. Level 1 writes averages, level 2 every run. */
export class RunTimer {
  readonly #label: string;
  readonly #tracer: Tracer;
  readonly #level: TraceLevel;
  #runs = 0;
  #total = 0;

  constructor(label: string, tracer: Tracer) {
    this.#label = label;
    this.#tracer = tracer;
    this.#level = tracer.level();
  }

  record(milliseconds: number): void {
    if (this.#level === 0) return;
    this.#runs++;
    this.#total += milliseconds;
    if (this.#level >= 2)
      this.#tracer.write(`program "${this.#label}": run ${this.#runs} took ${milliseconds.toFixed(2)} ms`);
    if (this.#runs % REPORT_EVERY === 0) this.report();
  }

  /** The average so far. */
  report(): void {
    if (this.#level === 0 || this.#runs === 0) return;
    const mean = (this.#total / this.#runs).toFixed(2);
    this.#tracer.write(`program "${this.#label}": ${this.#runs} runs, ${mean} ms each`);
  }
}
