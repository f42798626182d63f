// ONNX Runtime in a browser: onnxruntime-web, an optional peer, loaded when the first backend is made. The build for
// WebAssembly alone is half as large as the one that has WebGPU as well, so each device loads its own.
import { isMissingPackage, MissingPackageError, setting, text, type Text } from '@difsr/errors';
import { BackendError } from '@difsr/graph';
import type { Device, Settings } from '../devices.js';
import { tensorMaker } from '../host.js';
import type { OrtSession, Platform, Runtime } from '../runtime.js';
import { traceLevelOf } from '../trace.js';

/** Devices of a browser. */
const webDevices = ['webgpu', 'cpu'] as const;

const cures: { readonly [D in (typeof webDevices)[number]]: Text } = {
  cpu: 'serve the .wasm and .mjs files of onnxruntime-web beside your script, or say where they are with the option wasmPaths',
  webgpu: text`WebGPU needs a browser that has it (Chrome and Edge 113, Safari 26, Firefox 141 or newer) and a page served by https or from localhost. Or use ${setting('device', 'cpu')}`,
};

/** How to make a device work. */
export function webCure(device: Device): Text {
  return device === 'cuda' ? text`use ${setting('device', 'webgpu')} or ${setting('device', 'cpu')}` : cures[device];
}

/** A global of the page by its name; what the page is (or Node, in tests) is known at run time alone. */
const pageGlobal = (name: string): unknown => Reflect.get(globalThis, name);

/** WebAssembly threads share memory, which browsers allow in cross-origin isolated pages alone. */
function threads(): number {
  const navigator = pageGlobal('navigator');
  const isolated = pageGlobal('crossOriginIsolated') === true;
  if (!isolated || typeof navigator !== 'object' || navigator === null || !('hardwareConcurrency' in navigator))
    return 1;
  return Math.max(1, Math.min(1024, Number(navigator.hardwareConcurrency) || 1));
}

/** A browser. */
export const webPlatform: Platform = {
  devices: webDevices,
  threads: threads(),
  cure: webCure,
  tracer: {
    level: () => traceLevelOf(pageGlobal('DIFSR_TRACE')),
    // oxlint-disable-next-line no-console -- a page has no standard error
    write: (text) => console.debug(`difsr onnxruntime: ${text}`),
    save: () => undefined,
  },
  load: loadWebRuntime,
};

const SEVERITY: { readonly [L in Settings['logLevel']]: 0 | 1 | 2 | 3 | 4 } = {
  verbose: 0,
  info: 1,
  warning: 2,
  error: 3,
  fatal: 4,
};

const INSTALL = 'npm install onnxruntime-web';

/** Each import within `try`: bundlers then see that the package may be absent. */
async function importRuntime(device: Device) {
  try {
    return device === 'webgpu' ? await import('onnxruntime-web/webgpu') : await import('onnxruntime-web/wasm');
  } catch (error) {
    if (isMissingPackage(error, 'onnxruntime-web'))
      throw new MissingPackageError('onnxruntime-web', INSTALL, 'the backend onnxruntime', error);
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new BackendError(
      {
        what: `the npm package onnxruntime-web cannot be loaded: ${reason}`,
        cure: INSTALL,
      },
      { cause: error },
    );
  }
}

async function loadWebRuntime({ device, threads: count, wasmPaths, logLevel }: Settings): Promise<Runtime> {
  const ort = await importRuntime(device);
  ort.env.logLevel = logLevel;
  // Both are read when the first session of the page is made, and have no effect later.
  ort.env.wasm.numThreads = count;
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths;
  return {
    writesInPlace: false,
    tensor: tensorMaker(ort.Tensor),
    createSession: (bytes) =>
      alone(async () =>
        oneAtATime(
          await ort.InferenceSession.create(bytes, {
            // Named alone: with a second one, the runtime would fall back to it in silence.
            executionProviders: [device === 'webgpu' ? 'webgpu' : 'wasm'],
            executionMode: 'sequential',
            graphOptimizationLevel: 'all',
            enableMemPattern: false,
            logSeverityLevel: SEVERITY[logLevel], // a session of the web has a level of its own, "warning" by default
          }),
        ),
      ),
  };
}

/** The last thing that the page's ONNX Runtime was asked for. */
let last: Promise<unknown> = Promise.resolve();

/** Runs a task after all earlier ones: the WebAssembly module cannot be entered again while it waits for a GPU. */
function alone<T>(task: () => Promise<T>): Promise<T> {
  const turn = last.then(task);
  last = turn.catch(() => undefined);
  return turn;
}

/** A session whose calls wait for those of every other session of the page. */
function oneAtATime(session: OrtSession): OrtSession {
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    // Without the caller's tensors: the runtime would neither fill nor return them.
    run: (feeds, fetches) =>
      alone(() => (fetches === undefined ? session.run(feeds) : session.run(feeds, wanted(fetches)))),
    release: () => alone(() => session.release()),
  };
}

function wanted(fetches: Readonly<Record<string, unknown>>): Record<string, null> {
  return Object.fromEntries(Object.keys(fetches).map((name) => [name, null]));
}
