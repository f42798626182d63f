// What DIFSR_TRACE shows: what was compiled, how long sessions took to make, how long programs ran.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printGraph, type Graph } from '@difsr/graph';
import { traceLevel } from './environment.js';

/** After so many runs of a program the average is written again. */
const REPORT_EVERY = 100;

function write(text: string): void {
  process.stderr.write(`difsr onnxruntime: ${text}\n`);
}

/** Levels 2 and 3: the graph as text, the model as a file. */
export function traceModel(label: string, graph: Graph, bytes: Uint8Array): void {
  const level = traceLevel();
  if (level >= 2) write(`program "${label}"\n${printGraph(graph)}`);
  if (level < 3) return;
  const file = join(mkdtempSync(join(tmpdir(), 'difsr-trace-')), `${label.replaceAll(/[^\w.-]+/g, '_')}.onnx`);
  writeFileSync(file, bytes);
  write(`program "${label}" written to ${file}`);
}

/** Level 1: size of a program and the time its session took. */
export function traceSession(label: string, nodes: number, bytes: number, milliseconds: number): void {
  if (traceLevel() >= 1)
    write(`program "${label}": ${nodes} nodes, ${bytes} bytes, session in ${milliseconds.toFixed(1)} ms`);
}

/** Times the runs of one program. Level 1 writes averages, level 2 every run. */
export class RunTimer {
  readonly #label: string;
  readonly #level: number = traceLevel();
  #runs = 0;
  #total = 0;

  constructor(label: string) {
    this.#label = label;
  }

  record(milliseconds: number): void {
    if (this.#level === 0) return;
    this.#runs++;
    this.#total += milliseconds;
    if (this.#level >= 2) write(`program "${this.#label}": run ${this.#runs} took ${milliseconds.toFixed(2)} ms`);
    if (this.#runs % REPORT_EVERY === 0) this.report();
  }

  /** The average so far. */
  report(): void {
    if (this.#level === 0 || this.#runs === 0) return;
    write(`program "${this.#label}": ${this.#runs} runs, ${(this.#total / this.#runs).toFixed(2)} ms each`);
  }
}
