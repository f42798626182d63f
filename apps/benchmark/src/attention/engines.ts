// The backends and devices that take part: opened by name, or all that work here.
import { MissingPackageError, say } from '@difsr/errors';
import { BackendError, createGraph, createReferenceBackend, input, mul, type Backend } from '@difsr/graph';
import { createOnnxRuntimeBackend, probeDevices } from '@difsr/onnxruntime';
import { UsageError } from '../errors.js';
import { packageVersion } from '../report/machine.js';
import type { Engine, Plan } from './candidate.js';
import type { Case, CaseData } from './case.js';
import { kernelPlans, type KernelPlace } from './kernel.js';
import { tracedProduct } from './traced.js';

/** Backends and their devices, those that are tried in Node.js. */
export const engineDevices = {
  onnxruntime: ['cpu', 'cuda', 'webgpu'],
  tfjs: ['node-gpu', 'node', 'wasm', 'cpu'],
  reference: ['cpu'],
} as const;

export type BackendName = keyof typeof engineDevices;
type DeviceOf<B extends BackendName> = (typeof engineDevices)[B][number];
export type DeviceName = DeviceOf<BackendName>;

/** All backends, all devices. */
export const backendNames: readonly BackendName[] = ['onnxruntime', 'tfjs', 'reference'];
export const deviceNames: readonly DeviceName[] = [...new Set(backendNames.flatMap((name) => engineDevices[name]))];

/** What to open. */
export interface EngineChoice {
  readonly backends: readonly BackendName[];
  /** Undefined: all that work. */
  readonly devices: readonly DeviceName[] | undefined;
  readonly threads: number;
}

/** A device that was tried and does not work here. */
export interface Missing {
  readonly backend: string;
  readonly device: string;
  readonly reason: string;
}

/**
 * Opens every device of the backends, or those that are named; each has run a small graph when this returns.
 *
 * @throws UsageError where no backend has a device that was named.
 * @throws BackendError where a named device does not work, or none works at all; MissingPackageError where its backend is not installed.
 */
export async function openEngines({
  backends,
  devices,
  threads,
}: EngineChoice): Promise<{ engines: Engine[]; missing: Missing[] }> {
  const pairs = backends.flatMap((backend) =>
    engineDevices[backend].filter((device) => devices?.includes(device) ?? true).map((device) => ({ backend, device })),
  );
  for (const device of devices ?? []) {
    if (pairs.some((pair) => pair.device === device)) continue;
    const own = backends.map((backend) => `${backend} has ${engineDevices[backend].join(', ')}`).join('; ');
    throw new UsageError(`no backend of ${backends.join(', ')} has a device "${device}"`, own);
  }
  const engines: Engine[] = [];
  const missing: Missing[] = devices === undefined && backends.includes('onnxruntime') ? await probed() : [];
  for (const { backend, device } of pairs) {
    if (missing.some((one) => one.backend === backend && one.device === device)) continue;
    try {
      engines.push(await open(backend, device, threads));
    } catch (error) {
      if (!(error instanceof BackendError || error instanceof MissingPackageError)) throw error;
      // A device that the user named must work; of all devices, most machines lack some.
      if (devices !== undefined && pairs.filter((pair) => pair.device === device).length === 1) {
        for (const engine of engines) await engine.dispose();
        throw error;
      }
      // Where Node.js looked is of no interest on another machine.
      missing.push({ backend, device, reason: error.message.replace(/ imported from \S+/, '') });
    }
  }
  if (engines.length === 0)
    throw new BackendError(
      `no device works here.\n${missing.map((one) => `  ${one.backend} ${one.device}: ${one.reason}`).join('\n')}`,
    );
  return { engines, missing };
}

/** Devices of ONNX Runtime that do not work, found out in processes of their own: a driver that crashes harms nobody. */
async function probed(): Promise<Missing[]> {
  const reports = await probeDevices();
  return reports.flatMap(({ device, works, detail, cure }) =>
    works ? [] : [{ backend: 'onnxruntime', device, reason: cure === undefined ? detail : `${detail}; ${say(cure)}` }],
  );
}

async function open(backend: BackendName, device: DeviceName, threads: number): Promise<Engine> {
  const engine = await openers[backend](device, threads);
  try {
    await tryOut(engine.backend);
    return engine.engine;
  } catch (error) {
    await engine.backend.dispose();
    throw error instanceof BackendError
      ? error
      : new BackendError(`device "${device}" of ${backend} cannot be used: ${String(error)}`, { cause: error });
  }
}

interface Opened {
  readonly backend: Backend;
  readonly engine: Engine;
}

const openers: { readonly [B in BackendName]: (device: DeviceName, threads: number) => Promise<Opened> } = {
  onnxruntime: async (device, threads) => {
    const backend = await createOnnxRuntimeBackend({ device: deviceOf('onnxruntime', device), threads });
    const library = packageVersion('onnxruntime-node');
    return { backend, engine: engineOf('onnxruntime', backend, { threads, library, extra: () => [] }) };
  },
  tfjs: async (device) => {
    const named = deviceOf('tfjs', device);
    const { createTfjsBackend } = await import('@difsr/tfjs');
    const backend = await createTfjsBackend({ device: named });
    const { activateTfjs, straightforwardCandidate } = await import('./straightforward.js');
    const library = packageVersion(
      named === 'wasm' || named === 'cpu' ? '@tensorflow/tfjs-core' : `@tensorflow/tfjs-${named}`,
    );
    const activate = activateTfjs(named);
    const extra = (own: Case, data: CaseData): Plan[] => [
      { name: 'straightforward', prepare: () => straightforwardCandidate(own, data, activate) },
    ];
    return { backend, engine: engineOf('tfjs', backend, { threads: undefined, library, extra }) };
  },
  reference: async () => {
    const backend = createReferenceBackend();
    const library = 'plain TypeScript, float64';
    return Promise.resolve({
      backend,
      engine: engineOf('reference', backend, { threads: 1, library, extra: () => [] }),
    });
  },
};

function engineOf(
  name: BackendName,
  backend: Backend,
  parts: {
    readonly threads: number | undefined;
    readonly library: string;
    /** Candidates of this backend alone. */
    readonly extra: (own: Case, data: CaseData) => Plan[];
  },
): Engine {
  const { threads, library, extra } = parts;
  const { device } = backend;
  const place: KernelPlace = { backend: name, device, ...(name === 'onnxruntime' ? { threads } : {}) };
  return {
    backend: backend.name,
    device: backend.device,
    threads,
    library,
    plans: (own, data) => [...kernelPlans(place, own, data), ...extra(own, data)],
    product: (size) => tracedProduct(backend, size),
    dispose: () => backend.dispose(),
  };
}

/** A device's name as a device of one backend; the pairs were made from the same table. */
function deviceOf<B extends BackendName>(backend: B, device: DeviceName): DeviceOf<B> {
  const own: readonly DeviceOf<B>[] = engineDevices[backend];
  const found = own.find((name) => name === device);
  if (found === undefined) throw new UsageError(`${backend} has no device "${device}"`, `it has ${own.join(', ')}`);
  return found;
}

/** Some devices fail only when something runs. */
async function tryOut(backend: Backend): Promise<void> {
  const program = await backend.compile(createGraph({ y: mul(input('x', ['n']), 2) }));
  const { y } = await program.run({ x: { dtype: 'float32', shape: [1], data: Float32Array.of(21) } });
  await program.dispose();
  if (y?.data[0] !== 42) throw new BackendError(`device "${backend.device}" of ${backend.name} gave wrong numbers`);
}
