// Traces in Node: standard error, and models in a temporary folder.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tracer } from '../trace.js';
import { traceLevel } from './environment.js';

/** Writes to standard error what `DIFSR_TRACE` asks for. */
export const nodeTracer: Tracer = {
  level: traceLevel,
  write: (text) => {
    process.stderr.write(`difsr onnxruntime: ${text}\n`);
  },
  save: (label, bytes) => {
    const file = join(mkdtempSync(join(tmpdir(), 'difsr-trace-')), `${label.replaceAll(/[^\w.-]+/g, '_')}.onnx`);
    writeFileSync(file, bytes);
    return file;
  },
};
