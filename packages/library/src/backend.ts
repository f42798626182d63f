// Which backend executes the graphs, and on which device: named ones must work, `auto` takes the best that does.
import { call, joined, setting, text } from '@difsr/errors';
import { BackendError, createReferenceBackend, type Backend } from '@difsr/graph';
import {
  createWorkerBackend,
  devices as knownDevices,
  probeDevices,
  type Device,
  type DeviceReport,
} from '@difsr/onnxruntime';
import type { RunConfig } from '@difsr/training';
import { UsageError } from './errors.js';
import { importTfjs } from './import-tfjs.js';

/** What a command asks for; what it does not say is `onnxruntime`, `auto` and all cores. */
export interface BackendChoice {
  readonly backend?: RunConfig['backend'] | undefined;
  readonly device?: RunConfig['device'] | undefined;
  readonly threads?: number | undefined;
  readonly precision?: RunConfig['precision'] | undefined;
}

/**
 * Devices that `auto` chooses from, by the speed that the probe measures. WebGPU is used when it is named only: how fast it
 * trains (many small operations, not one large product) has not been measured on a real GPU.
 */
const AUTO_DEVICES: readonly Device[] = ['cuda', 'cpu'];

/** What `auto` takes, given the reports of `probeDevices`, which come fastest first. */
export function autoDevice(reports: readonly DeviceReport[]): Device | undefined {
  return reports.find(({ device, works }) => works && AUTO_DEVICES.includes(device))?.device;
}

/**
 * Opens a backend; the caller disposes it. ONNX Runtime runs in a worker thread, so that the caller's stays free.
 *
 * @param say gets one line on what `auto` chose.
 * @throws BackendError for a device that does not work here, with the cure; MissingPackageError for a backend that is not installed; UsageError for a combination that does not exist.
 */
export async function openBackend(
  choice: BackendChoice,
  say: (line: string) => void = () => undefined,
): Promise<Backend> {
  const { backend = 'onnxruntime', device = 'auto', threads, precision = 'float32' } = choice;
  if (precision === 'float16' && backend !== 'onnxruntime')
    throw new UsageError({
      where: setting('precision', precision),
      option: 'precision',
      what: `the backend "${backend}" has none`,
      cure: text`leave ${setting('precision')} out, or use ${setting('backend', 'onnxruntime')}`,
    });
  switch (backend) {
    case 'reference':
      deviceOf(backend, device);
      return createReferenceBackend();
    case 'tfjs':
      return openTfjs(deviceOf(backend, device), threads, say);
    case 'onnxruntime': {
      const chosen = await chooseDevice(deviceOf(backend, device), say);
      return createWorkerBackend({ device: chosen, precision, ...(threads === undefined ? {} : { threads }) });
    }
  }
}

/** The precision of a saved run where it is opened on a backend that may be another one; a named one always counts. */
export function precisionOf(
  saved: Pick<RunConfig, 'precision'>,
  backend: RunConfig['backend'],
  named: RunConfig['precision'] | undefined,
): RunConfig['precision'] {
  return named ?? (backend === 'onnxruntime' ? saved.precision : 'float32');
}

/** Devices that each backend has in Node.js. */
const backendDevices = {
  onnxruntime: ['cpu', 'cuda', 'webgpu'],
  tfjs: ['wasm', 'node', 'node-gpu', 'cpu'],
  reference: ['cpu'],
} as const satisfies { readonly [B in RunConfig['backend']]: readonly RunConfig['device'][] };

/** The device, known to be one of the backend's. */
function deviceOf<B extends RunConfig['backend']>(
  backend: B,
  device: RunConfig['device'],
): (typeof backendDevices)[B][number] | 'auto' {
  const known: readonly (typeof backendDevices)[B][number][] = backendDevices[backend];
  const found = device === 'auto' ? device : known.find((name) => name === device);
  if (found !== undefined) return found;
  const others = Object.entries(backendDevices).flatMap(([name, list]) =>
    list.some((each) => each === device) ? [setting('backend', name)] : [],
  );
  throw new UsageError({
    where: setting('device', device),
    option: 'device',
    what:
      known.length === 1
        ? `the backend "${backend}" runs on the ${known.join()} only`
        : `the backend "${backend}" has ${known.join(', ')}`,
    cure: text`leave ${setting('device')} out, or use ${joined(others, ' or ')}`,
  });
}

/** tfjs computes in this thread; it chooses among its devices itself, the native ones first. */
async function openTfjs(
  device: 'wasm' | 'node' | 'node-gpu' | 'cpu' | 'auto',
  threads: number | undefined,
  say: (line: string) => void,
): Promise<Backend> {
  const { createTfjsBackend } = await importTfjs();
  const backend = await createTfjsBackend(device === 'auto' ? {} : { device });
  if (device === 'auto') say(`device auto: ${backend.device}`);
  if (threads !== undefined && threads > 1)
    say(`threads ${threads}: tfjs decides that itself (wasm has one in Node.js)`);
  return backend;
}

async function chooseDevice(device: Device | 'auto', say: (line: string) => void): Promise<Device> {
  if (device === 'cpu') return device;
  if (device !== 'auto') {
    const report = (await probeDevices([device])).find((each) => each.device === device);
    if (report?.works !== true) throw missingDevice(device, report);
    return device;
  }
  // A GPU that does not work needs no comparison: the CPU is left, and opening it says what that lacks.
  const [cuda] = await probeDevices(['cuda']);
  const best = (cuda?.works === true ? autoDevice(await probeDevices(AUTO_DEVICES)) : undefined) ?? 'cpu';
  say(`device auto: ${best}`);
  return best;
}

function missingDevice(device: Device, report: DeviceReport | undefined): BackendError {
  return new BackendError({
    option: 'device',
    what: text`${setting('device', device)} does not work on this machine: ${(report?.detail ?? 'unknown reason').replace(`device "${device}" cannot be used: `, '')}`,
    cure: report?.cure ?? text`use ${setting('device', 'cpu')}; ${call('doctor')} tests ${knownDevices.join(', ')}`,
  });
}
