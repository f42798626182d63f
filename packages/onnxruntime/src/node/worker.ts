// The worker's side of the worker backend: an in-thread backend that is driven by messages. An entry file, never imported.
import { DifsrError } from '@difsr/errors';
import { parentPort, workerData } from 'node:worker_threads';
import type { Program } from '@difsr/graph';
import { disposed } from '@difsr/graph/backend-parts';
import { OrtBackend } from '../backend.js';
import type { OrtVariables } from '../variables.js';
import { nodePlatform } from './platform.js';
import {
  buffersOf,
  type Call,
  type HostTensors,
  type Reply,
  type Request,
  type WorkerSetup,
} from './worker-protocol.js';

const setup: WorkerSetup = workerData;
/** Loaded at once; a failure answers every call. */
const opening = OrtBackend.open(setup.settings, nodePlatform);
opening.catch(() => undefined);
const variables = new Map<number, OrtVariables>();
const programs = new Map<number, Program>();

function find<T>(all: ReadonlyMap<number, T>, number: number, what: string): T {
  const found = all.get(number);
  if (found === undefined) throw disposed(what);
  return found;
}

async function answer(call: Call): Promise<HostTensors> {
  if (call.kind === 'dispose') {
    await opening.then((backend) => backend.dispose()).catch(() => undefined);
    return {};
  }
  const backend = await opening;
  switch (call.kind) {
    case 'open':
      return {};
    case 'createVariables':
      variables.set(call.variables, await backend.createVariables(call.values));
      return {};
    case 'readVariables':
      return find(variables, call.variables, 'the set of variables').read(call.names);
    case 'writeVariables':
      await find(variables, call.variables, 'the set of variables').write(call.values);
      return {};
    case 'disposeVariables':
      await find(variables, call.variables, 'the set of variables').dispose();
      variables.delete(call.variables);
      return {};
    case 'load': {
      const bound = call.variables === undefined ? undefined : find(variables, call.variables, 'the set of variables');
      programs.set(call.program, await backend.load(call.description, bound));
      return {};
    }
    case 'run':
      return find(programs, call.program, 'the program').run(call.feeds);
    case 'disposeProgram':
      await find(programs, call.program, 'the program').dispose();
      programs.delete(call.program);
      return {};
  }
}

parentPort?.on('message', ({ id, call }: Request) => {
  answer(call).then(
    (tensors) => send({ id, tensors }, buffersOf(tensors)),
    (error: unknown) =>
      send({
        id,
        error:
          error instanceof Error
            ? {
                name: error.name,
                message: error.message,
                ...(error instanceof DifsrError ? { faults: error.faults } : {}),
              }
            : { name: 'Error', message: String(error) },
      }),
  );
});

function send(reply: Reply, transferred: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(reply, transferred);
}
