// doctor: what works on this machine; for what does not, why, and the cure.
import { availableParallelism, cpus, totalmem } from 'node:os';
import { MissingPackageError, say, type Text } from '@difsr/errors';
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
import { probeDevices, type Device } from '@difsr/onnxruntime';
import { autoDevice } from './backend.js';
import { importTfjs } from './import-tfjs.js';

/** One backend on one device, as found. */
export interface DeviceFinding {
  readonly backend: string;
  readonly device: string;
  readonly works: boolean;
  /** How fast it is, or what is wrong. */
  readonly detail: string;
  readonly cure?: Text;
}

/** What works on this machine. */
export interface Diagnosis {
  readonly machine: {
    /** The version of Node.js. */
    readonly node: string;
    readonly platform: string;
    readonly processor: string;
    readonly threads: number;
    readonly memoryBytes: number;
  };
  readonly findings: readonly DeviceFinding[];
  /** What the device `auto` takes; undefined where no device works for training. */
  readonly auto: Device | undefined;
}

/**
 * Tries every backend on every device that this machine might have, each with a matrix product.
 *
 * @example
 * ```ts
 * const { auto, findings } = await doctor();
 * ```
 */
export async function doctor(): Promise<Diagnosis> {
  const reports = await probeDevices();
  return {
    machine: {
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      processor: cpus()[0]?.model ?? 'unknown',
      threads: availableParallelism(),
      memoryBytes: totalmem(),
    },
    findings: [
      ...reports.map((report): DeviceFinding => ({ backend: 'onnxruntime', ...report })),
      ...(await tfjs()),
      await reference(),
    ],
    auto: autoDevice(reports),
  };
}

/** The devices of tfjs that Node.js can have, each tried with a matrix product. */
async function tfjs(): Promise<DeviceFinding[]> {
  const loaded = await importTfjs().catch((error: unknown) => {
    if (error instanceof MissingPackageError) return error;
    throw error;
  });
  if (loaded instanceof MissingPackageError) {
    const [fault] = loaded.faults;
    const cure = fault?.cure === undefined ? {} : { cure: fault.cure };
    return [{ backend: 'tfjs', device: 'wasm', works: false, detail: say(fault?.what ?? loaded.message), ...cure }];
  }
  const { createTfjsBackend, deviceCure } = loaded;
  const findings: DeviceFinding[] = [];
  for (const device of ['node-gpu', 'node', 'wasm', 'cpu'] as const) {
    try {
      const backend = await createTfjsBackend({ device });
      const speed = await productSpeed(backend).finally(async () => backend.dispose());
      const detail = `${speed.toPrecision(2)} GFLOP/s in a matrix product`;
      findings.push({ backend: 'tfjs', device, works: true, detail });
    } catch (error) {
      if (!(error instanceof BackendError || error instanceof MissingPackageError)) throw error;
      findings.push({
        backend: 'tfjs',
        device,
        works: false,
        detail: error.faults.map(({ what }) => say(what)).join('; '),
        cure: deviceCure(device),
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

async function reference(): Promise<DeviceFinding> {
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
