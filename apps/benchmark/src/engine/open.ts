// The backends and devices that take part: opened by name, or all that work here. Each has run a small graph when it is given out.
import { MissingPackageError, say } from '@difsr/errors';
import { BackendError, createGraph, createReferenceBackend, input, mul, type Backend } from '@difsr/graph';
import { createOnnxRuntimeBackend, createWorkerBackend, probeDevices } from '@difsr/onnxruntime';
import { UsageError } from '../errors.js';
import { packageVersion } from '../report/machine.js';

/** Backends and their devices, those that are tried in Node.js. */
export const engineDevices = {
  onnxruntime: ['cpu', 'cuda', 'webgpu'],
  tfjs: ['node-gpu', 'node', 'wasm', 'cpu'],
  reference: ['cpu'],
} as const;

export type BackendName = keyof typeof engineDevices;
export type DeviceOf<B extends BackendName> = (typeof engineDevices)[B][number];
export type DeviceName = DeviceOf<BackendName>;

/** All backends, all devices. */
export const backendNames: readonly BackendName[] = ['onnxruntime', 'tfjs', 'reference'];
export const deviceNames: readonly DeviceName[] = [...new Set(backendNames.flatMap((name) => engineDevices[name]))];

/** Where a backend computes: in the thread that calls it, or in one of its own. */
export type Place = 'thread' | 'worker';

/** A backend on a device, open. */
export interface OpenBackend {
  readonly name: BackendName;
  readonly backend: Backend;
  /** Threads that it was told to use; undefined where that is its own affair. */
  readonly threads: number | undefined;
  /** What it is made of: `onnxruntime-node 1.30.0`. */
  readonly library: string;
}

/** What to open. */
export interface BackendsChoice {
  readonly backends: readonly BackendName[];
  /** Undefined: `otherwise`. */
  readonly devices: readonly DeviceName[] | undefined;
  readonly threads: number;
  /** Without `devices`: all that work, or the one of each backend that works everywhere. */
  readonly otherwise: 'all' | 'one';
  /** Where ONNX Runtime computes. */
  readonly place: Place;
}

/** A device that was tried and does not work here. */
export interface Missing {
  readonly backend: string;
  readonly device: string;
  readonly reason: string;
}

/** The device of each backend that works everywhere. */
const PLAIN_DEVICE: { readonly [B in BackendName]: DeviceOf<B> } = {
  onnxruntime: 'cpu',
  tfjs: 'wasm',
  reference: 'cpu',
};

/**
 * Opens every device of the backends, or those that are named.
 *
 * @throws UsageError where no backend has a device that was named.
 * @throws BackendError where a named device does not work, or none works at all; MissingPackageError where its backend is not installed.
 */
export async function openBackends(choice: BackendsChoice): Promise<{ opened: OpenBackend[]; missing: Missing[] }> {
  const { backends, devices, otherwise } = choice;
  const pairs = pairsOf(choice);
  const named = devices !== undefined || otherwise === 'one';
  const opened: OpenBackend[] = [];
  const missing: Missing[] = !named && backends.includes('onnxruntime') ? await probed() : [];
  for (const { backend, device } of pairs) {
    if (missing.some((one) => one.backend === backend && one.device === device)) continue;
    try {
      opened.push(await open(backend, device, choice));
    } catch (error) {
      if (!(error instanceof BackendError || error instanceof MissingPackageError)) throw error;
      // A device that the user named must work; of all devices, most machines lack some.
      if (named && pairs.filter((pair) => pair.device === device).length === 1) {
        for (const { backend: own } of opened) await own.dispose();
        throw error;
      }
      // Where Node.js looked is of no interest on another machine.
      missing.push({ backend, device, reason: error.message.replace(/ imported from \S+/, '') });
    }
  }
  if (opened.length === 0)
    throw new BackendError(
      `no device works here.\n${missing.map((one) => `  ${one.backend} ${one.device}: ${one.reason}`).join('\n')}`,
    );
  return { opened, missing };
}

/** @throws UsageError where no backend has a device that was named. */
function pairsOf({
  backends,
  devices,
  otherwise,
}: BackendsChoice): { readonly backend: BackendName; readonly device: DeviceName }[] {
  const wanted = (backend: BackendName, device: DeviceName): boolean =>
    devices?.includes(device) ?? (otherwise === 'all' || PLAIN_DEVICE[backend] === device);
  const pairs = backends.flatMap((backend) =>
    engineDevices[backend].filter((device) => wanted(backend, device)).map((device) => ({ backend, device })),
  );
  for (const device of devices ?? []) {
    if (pairs.some((pair) => pair.device === device)) continue;
    const own = backends.map((backend) => `${backend} has ${engineDevices[backend].join(', ')}`).join('; ');
    throw new UsageError(`no backend of ${backends.join(', ')} has a device "${device}"`, own);
  }
  return pairs;
}

/** Devices of ONNX Runtime that do not work, found out in processes of their own: a driver that crashes harms nobody. */
async function probed(): Promise<Missing[]> {
  const reports = await probeDevices();
  return reports.flatMap(({ device, works, detail, cure }) =>
    works ? [] : [{ backend: 'onnxruntime', device, reason: cure === undefined ? detail : `${detail}; ${say(cure)}` }],
  );
}

async function open(backend: BackendName, device: DeviceName, how: BackendsChoice): Promise<OpenBackend> {
  const opened = await openers[backend](device, how);
  try {
    await tryOut(opened.backend);
    return opened;
  } catch (error) {
    await opened.backend.dispose();
    throw error instanceof BackendError
      ? error
      : new BackendError(`device "${device}" of ${backend} cannot be used: ${String(error)}`, { cause: error });
  }
}

type HowToOpen = Pick<BackendsChoice, 'threads' | 'place'>;

const openers: { readonly [B in BackendName]: (device: DeviceName, how: HowToOpen) => Promise<OpenBackend> } = {
  onnxruntime: async (device, { threads, place }) => {
    const create = place === 'worker' ? createWorkerBackend : createOnnxRuntimeBackend;
    const backend = await create({ device: deviceOf('onnxruntime', device), threads });
    return { name: 'onnxruntime', backend, threads, library: packageVersion('onnxruntime-node') };
  },
  tfjs: async (device) => {
    const named = deviceOf('tfjs', device);
    const { createTfjsBackend } = await import('@difsr/tfjs');
    const backend = await createTfjsBackend({ device: named });
    const library = packageVersion(
      named === 'wasm' || named === 'cpu' ? '@tensorflow/tfjs-core' : `@tensorflow/tfjs-${named}`,
    );
    return { name: 'tfjs', backend, threads: undefined, library };
  },
  reference: () =>
    Promise.resolve({
      name: 'reference',
      backend: createReferenceBackend(),
      threads: 1,
      library: 'plain TypeScript, float64',
    }),
};

/** A device's name as a device of one backend; the pairs were made from the same table. */
export function deviceOf<B extends BackendName>(backend: B, device: string): DeviceOf<B> {
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
