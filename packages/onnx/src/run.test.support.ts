// Runs models on ONNX Runtime itself: this package depends on no backend, so its tests bring their own, as small as they need.
import { createGraph, maskOf, type Backend, type Graph, type HostTensor } from '@difsr/graph';
import { hostArray } from '@difsr/graph/backend-parts';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** A model in memory, ready to run. */
export interface LoadedModel {
  readonly inputs: readonly string[];
  run(feeds: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>>;
  dispose(): Promise<void>;
}

/** Loads a model. */
export async function loadModel(bytes: Uint8Array): Promise<LoadedModel> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 2, logSeverityLevel: 4 });
  return {
    inputs: session.inputNames,
    run: async (feeds) => {
      const given = Object.entries(feeds).map(([name, feed]) => [name, runtimeTensor(name, feed)]);
      const results = await session.run(Object.fromEntries(given));
      return Object.fromEntries(Object.entries(results).map(([name, result]) => [name, hostTensor(name, result)]));
    },
    dispose: () => session.release(),
  };
}

function runtimeTensor(name: string, feed: HostTensor): Tensor {
  const array = hostArray(name, feed);
  if (array instanceof Float32Array) return new Tensor('float32', array, feed.shape);
  if (array instanceof Int32Array) return new Tensor('int32', array, feed.shape);
  return new Tensor('bool', array, feed.shape);
}

function hostTensor(name: string, { type, dims, data }: Tensor): HostTensor {
  if (type === 'float32' && data instanceof Float32Array) return { dtype: type, shape: dims, data };
  if (type === 'int32' && data instanceof Int32Array) return { dtype: type, shape: dims, data };
  if (type === 'bool' && data instanceof Uint8Array) return { dtype: type, shape: dims, data };
  throw new Error(`output "${name}" is of type ${type}`);
}

/** The same graph with outputs that no input is named like: a file may not have both. */
export function distinct(graph: Graph): Graph {
  return createGraph(Object.fromEntries([...graph.outputs].map(([name, tensor]) => [`${name}.out`, tensor])));
}

/**
 * A backend as far as `runCase` needs one: it runs what `write` makes of a graph.
 *
 * @param nameOf the name that an output has in the model.
 */
export function modelBackend(
  write: (graph: Graph) => Uint8Array,
  nameOf: (graph: Graph, output: string) => string,
): Backend {
  return {
    name: 'model',
    device: 'cpu',
    createVariables: () => Promise.reject(new Error('this backend runs graphs without variables')),
    dispose: () => Promise.resolve(),
    compile: async (graph) => {
      const model = await loadModel(write(graph));
      return {
        dispose: () => model.dispose(),
        run: async (feeds) => {
          const tensors = Object.entries(feeds).map(([name, feed]) => [
            name,
            'mask' in feed
              ? {
                  dtype: 'bool',
                  shape: feed.shape,
                  data: maskOf(feed),
                }
              : feed,
          ]);
          const results = await model.run(Object.fromEntries(tensors));
          return Object.fromEntries(
            [...graph.outputs.keys()].flatMap((name) => {
              const result = results[nameOf(graph, name)];
              return result === undefined ? [] : [[name, result]];
            }),
          );
        },
      };
    },
  };
}
