// The devices of tfjs: which package brings each, how it is loaded, and what to do when it cannot be.
import { checkOptions, isMissingPackage, MissingPackageError, option, type OptionRules } from '@difsr/errors';
import { BackendError } from '@difsr/graph';
import { engine } from '@tensorflow/tfjs-core';
import { deviceName } from './kernel.js';
import { wasmFiles } from './wasm-files.js';

/** What tfjs runs on. `node` and `node-gpu` are TensorFlow's C library, on the processor and with CUDA. */
export type Device = 'cpu' | 'wasm' | 'webgl' | 'webgpu' | 'node' | 'node-gpu';

interface DeviceEntry {
  /** The npm package. */
  readonly package: string;
  /** The name under which the package registers it in tfjs. */
  readonly registered: string;
  /** Loads the package, which registers the device. The specifier is written out, so that bundlers find it. */
  readonly load: (options: TfjsOptions) => Promise<unknown>;
  /** What to do where it does not work. */
  readonly cure: string;
}

/** Options of the backend; all have defaults. */
export interface TfjsOptions {
  /**
   * What to run on. Default: the device that is active in tfjs already, if any; else one whose package was imported;
   * else the first of `node-gpu`, `node`, `wasm`, `cpu` (in a browser `wasm`, `webgl`, `cpu`) that is installed and works.
   */
  readonly device?: Device | undefined;
  /**
   * Where a browser finds the `.wasm` files of tfjs: a folder's URL ending in `/`, or a URL per file name. Default: where the
   * bundler put them. Of no effect where the page has imported `@tensorflow/tfjs-backend-wasm` before: then call its `setWasmPaths`.
   */
  readonly wasmPaths?: string | Readonly<Record<string, string>> | undefined;
}

const OPTIONS: OptionRules<TfjsOptions> = {
  device: option.text, // a name that there is not has an error of its own
  wasmPaths: option.either(option.text, option.record(option.text)),
};

const NATIVE_CURE =
  'its install script downloads libtensorflow from storage.googleapis.com: run it again with that host in reach ' +
  '(npm rebuild PACKAGE), on Node.js 18 to 22 where a later one has no prebuilt binding';

/**
 * Rethrows. An import within `try` tells bundlers that a package may be absent: without it, esbuild and webpack fail on those
 * that are not installed (webpack still warns of them).
 */
function absent(error: unknown): never {
  throw error;
}

/** Every device. */
const entries: { readonly [D in Device]: DeviceEntry } = {
  cpu: {
    package: '@tensorflow/tfjs-backend-cpu',
    registered: 'cpu',
    load: async () => {
      try {
        return await import('@tensorflow/tfjs-backend-cpu');
      } catch (error) {
        return absent(error);
      }
    },
    cure: 'npm install @tensorflow/tfjs-backend-cpu',
  },
  wasm: {
    package: '@tensorflow/tfjs-backend-wasm',
    registered: 'wasm',
    load: async ({ wasmPaths = isNode() ? undefined : wasmFiles() }) => {
      try {
        const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
        if (wasmPaths !== undefined) setWasmPaths(typeof wasmPaths === 'string' ? wasmPaths : { ...wasmPaths });
      } catch (error) {
        absent(error);
      }
    },
    cure: 'npm install @tensorflow/tfjs-backend-wasm; in a browser also serve its .wasm files and name them by wasmPaths',
  },
  webgl: {
    package: '@tensorflow/tfjs-backend-webgl',
    registered: 'webgl',
    load: async () => {
      try {
        return await import('@tensorflow/tfjs-backend-webgl');
      } catch (error) {
        return absent(error);
      }
    },
    cure: 'npm install @tensorflow/tfjs-backend-webgl, and use a browser with WebGL 2 (Node.js has none)',
  },
  webgpu: {
    package: '@tensorflow/tfjs-backend-webgpu',
    registered: 'webgpu',
    load: async () => {
      try {
        return await import('@tensorflow/tfjs-backend-webgpu');
      } catch (error) {
        return absent(error);
      }
    },
    cure: 'npm install @tensorflow/tfjs-backend-webgpu, and use a browser with WebGPU (Node.js has none)',
  },
  node: {
    package: '@tensorflow/tfjs-node',
    registered: 'tensorflow',
    load: async () => {
      try {
        restoreRemovedUtilities();
        return await import('@tensorflow/tfjs-node');
      } catch (error) {
        return absent(error);
      }
    },
    cure: `npm install @tensorflow/tfjs-node; ${NATIVE_CURE.replace('PACKAGE', '@tensorflow/tfjs-node')}`,
  },
  'node-gpu': {
    package: '@tensorflow/tfjs-node-gpu',
    registered: 'tensorflow',
    load: async () => {
      try {
        restoreRemovedUtilities();
        return await import('@tensorflow/tfjs-node-gpu');
      } catch (error) {
        return absent(error);
      }
    },
    cure:
      `npm install @tensorflow/tfjs-node-gpu on Linux or Windows with an NVIDIA driver, CUDA 11 and cuDNN 8; ` +
      NATIVE_CURE.replace('PACKAGE', '@tensorflow/tfjs-node-gpu'),
  },
};

/** All devices. */
export const devices: readonly Device[] = ['node-gpu', 'node', 'wasm', 'webgl', 'webgpu', 'cpu'];

/** A sentence on how to make a device work. */
export function deviceCure(device: Device): string {
  return entries[device].cure;
}

/** What is left out by default where it is not: WebGPU, whose speed in training has not been measured on a real GPU. */
const inNode: readonly Device[] = ['node-gpu', 'node', 'wasm', 'cpu'];
const inBrowser: readonly Device[] = ['wasm', 'webgl', 'cpu'];

/** A device that has been started. */
export interface OpenDevice {
  readonly device: string;
  /** Its name in tfjs. */
  readonly registered: string;
}

/**
 * Loads and starts a device. It stays active in tfjs where none was before; else the one that was remains.
 *
 * @throws MissingPackageError where it is not installed, BackendError where it does not start, with the cure.
 */
export async function openDevice(options: TfjsOptions): Promise<OpenDevice> {
  checkOptions('the backend tfjs', options, OPTIONS, BackendError);
  const before = activeDevice();
  try {
    return await choose(options);
  } finally {
    if (before !== undefined && before !== activeDevice()) await engine().setBackend(before);
  }
}

async function choose(options: TfjsOptions): Promise<OpenDevice> {
  if (options.device !== undefined) return openNamed(options.device, options);
  // What somebody has chosen or imported before us is meant.
  if (activeDevice() !== undefined || engine().backendNames().length > 0) {
    await engine().ready();
    return { device: nameOf(deviceName()), registered: deviceName() };
  }
  const problems: string[] = [];
  for (const candidate of isNode() ? inNode : inBrowser) {
    try {
      return await openNamed(candidate, options);
    } catch (error) {
      if (!(error instanceof BackendError || error instanceof MissingPackageError)) throw error;
      problems.push(error.message);
    }
  }
  throw new BackendError(`no tfjs device works here:\n  ${problems.join('\n  ')}`);
}

/** Our name of the device that tfjs calls so. */
function nameOf(registered: string): string {
  if (registered !== 'tensorflow') return registered;
  const { backend } = engine();
  return 'isGPUPackage' in backend && backend.isGPUPackage === true ? 'node-gpu' : 'node';
}

/** The active device, or undefined before the first is started. A device that failed to start keeps its name in tfjs. */
function activeDevice(): string | undefined {
  const name = deviceName();
  return Object.hasOwn(engine().registry, name) ? name : undefined;
}

async function openNamed(device: Device, options: TfjsOptions): Promise<OpenDevice> {
  const entry = Object.hasOwn(entries, device) ? entries[device] : undefined;
  if (entry === undefined)
    throw new BackendError(`there is no device "${String(device)}" in tfjs; devices are ${devices.join(', ')}`);
  const fail = (reason: string, cause?: unknown): never => {
    throw new BackendError(
      { what: `device "${device}" of tfjs cannot be used: ${reason}`, cure: entry.cure },
      { cause },
    );
  };
  // Somebody may have loaded a copy of the package that we cannot find, such as a bundle.
  if (!engine().backendNames().includes(entry.registered)) {
    try {
      await entry.load(options);
    } catch (error) {
      if (isMissingPackage(error, entry.package))
        throw new MissingPackageError(entry.package, entry.cure, `device "${device}" of tfjs`, error);
      fail(firstLine(error), error);
    }
  }
  try {
    quietFirstUse();
    if (!(await engine().setBackend(entry.registered)))
      fail(`${entry.package} is loaded, but the device did not start`);
  } catch (error) {
    if (error instanceof BackendError) throw error;
    fail(firstLine(error), error);
  }
  quietFirstUse();
  return { device, registered: entry.registered };
}

function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line.replace(/ imported from .*/, ' here').replace(/\.+$/, '');
}

/** tfjs's cpu device advertises tfjs-node on standard error at its first tensor; not where it was chosen. */
function quietFirstUse(): void {
  const backend = engine().registry['cpu'];
  if (backend !== undefined && 'firstUse' in backend) backend.firstUse = false;
}

/** Node's process, absent in browsers, where a bundler may define another. */
function isNode(): boolean {
  return typeof process !== 'undefined' && process.versions?.node !== undefined;
}

/** tfjs-node 4.22 calls functions of `util` that Node.js 23 removed; they are put back before it is loaded. */
function restoreRemovedUtilities(): void {
  if (!isNode() || typeof process.getBuiltinModule !== 'function') return;
  const util: object = process.getBuiltinModule('node:util');
  const removed = {
    isNullOrUndefined: (value: unknown): boolean => value === null || value === undefined,
    isArray: (value: unknown): boolean => Array.isArray(value),
  };
  for (const [name, value] of Object.entries(removed)) {
    if (!(name in util)) Object.defineProperty(util, name, { value, configurable: true, writable: true });
  }
}

/** Runs `body` with a device active in tfjs, and puts the one that was active back. */
export function onDevice<T>(name: string, body: () => T): T {
  const before = activeDevice();
  if (before === name) return body();
  // The promise settles later, but a device that has been started is switched to before it is returned.
  void engine().setBackend(name);
  try {
    return body();
  } finally {
    if (before !== undefined) void engine().setBackend(before);
  }
}
