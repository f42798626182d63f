// difsr doctor: what works on this machine; for what does not, why, and the cure.
import { availableParallelism, cpus, totalmem } from 'node:os';
import {
  BackendError,
  createGraph,
  createReferenceBackend,
  input,
  matmul,
  mul,
  reduceSum,
  type Backend,
  type HostTensor,
} from '@difsr/graph';
import { autoDevice } from '@difsr/library/parts';
import { probeDevices } from '@difsr/onnxruntime';
import type { Command } from 'commander';
import { exitCodes, type ExitCode } from '../errors.js';
import { jsonOption } from '../options.js';
import { bytes, table } from '../output/table.js';
import { processTerminal } from '../output/terminal.js';

/** One backend on one device, as found. */
interface Finding {
  readonly backend: string;
  readonly device: string;
  readonly works: boolean;
  readonly detail: string;
  readonly cure?: string;
}

/** Declares the command; `done` receives its exit code. */
export function addDoctor(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('doctor')
    .description('say which backends and devices work on this machine, and what would make the others work');
  jsonOption(command, 'the findings as JSON')
    .addHelpText(
      'after',
      `
Ends with exit code ${exitCodes.backend} if no device of onnxruntime works.

Example:
  $ npx difsr doctor`,
    )
    .action(async (options: { json?: boolean }) => done(await doctorCommand(options.json === true)));
}

async function doctorCommand(json: boolean): Promise<ExitCode> {
  const terminal = processTerminal({ json });
  const machine = {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    processor: cpus()[0]?.model ?? 'unknown',
    threads: availableParallelism(),
    memoryBytes: totalmem(),
  };
  const reports = await probeDevices();
  const findings = [
    ...reports.map((report): Finding => ({ backend: 'onnxruntime', ...report })),
    ...(await tfjs()),
    await reference(),
  ];
  const auto = autoDevice(reports);
  terminal.value({ machine, findings, auto: auto ?? null });
  terminal.line(
    `Node.js ${machine.node} on ${machine.platform}; ${machine.processor}, ${machine.threads} threads, ${bytes(machine.memoryBytes)}`,
  );
  const mark = (works: boolean): string =>
    works ? terminal.style('green', 'works') : terminal.style('red', 'missing');
  for (const finding of findings) {
    terminal.line(
      `${table([[finding.backend, finding.device]], ['left', 'left'])
        .join('')
        .padEnd(22)} ${mark(finding.works)}  ${finding.detail}`,
    );
    if (finding.cure !== undefined && !finding.works) terminal.line(`  cure: ${finding.cure.replace(/^cure: /i, '')}`);
  }
  terminal.line(auto === undefined ? 'no device works for training' : `--device auto takes: ${auto}`);
  return auto === undefined ? exitCodes.backend : exitCodes.ok;
}

/** The devices of tfjs that Node.js can have, each tried with a matrix product. */
async function tfjs(): Promise<Finding[]> {
  const { createTfjsBackend, deviceCure } = await import('@difsr/tfjs');
  const findings: Finding[] = [];
  for (const device of ['node-gpu', 'node', 'wasm', 'cpu'] as const) {
    try {
      const backend = await createTfjsBackend({ device });
      const detail = `${(await productSpeed(backend)).toPrecision(2)} GFLOP/s in a matrix product`;
      await backend.dispose();
      findings.push({ backend: 'tfjs', device, works: true, detail });
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      const cure = deviceCure(device);
      findings.push({
        backend: 'tfjs',
        device,
        works: false,
        detail: error.message.replace(` Cure: ${cure}`, ''),
        cure,
      });
    }
  }
  return findings;
}

/** Billions of operations a second, the best of three products. */
async function productSpeed(backend: Backend): Promise<number> {
  const size = 384;
  const x = input('x', [size, size]);
  const program = await backend.compile(createGraph({ y: reduceSum(matmul(x, x)) }));
  const feed: HostTensor = { dtype: 'float32', shape: [size, size], data: new Float32Array(size * size).fill(1) };
  let seconds = Infinity;
  for (let run = 0; run < 3; run++) {
    const start = performance.now();
    const { y } = await program.run({ x: feed });
    if (y?.data[0] !== size ** 3)
      throw new BackendError(`a product of ones gave ${String(y?.data[0])} instead of ${size ** 3}`);
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  return (2 * size ** 3) / seconds / 1e9;
}

async function reference(): Promise<Finding> {
  const backend = createReferenceBackend();
  const program = await backend.compile(createGraph({ y: mul(input('x', []), 2) }));
  const { y } = await program.run({ x: { dtype: 'float32', shape: [], data: Float32Array.of(21) } });
  await backend.dispose();
  return {
    backend: 'reference',
    device: 'cpu',
    works: y?.data[0] === 42,
    detail: 'plain TypeScript in float64: exact and slow, for checks',
  };
}
