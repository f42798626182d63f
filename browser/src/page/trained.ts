// A model that the command line trained, in the page: from its run folder on any backend, and from its ONNX export.
import { createRecommender, fetchTrainedModel } from '@difsr/models';
import { createOnnxRuntimeBackend, openModelFile } from '@difsr/onnxruntime';
import { createTfjsBackend } from '@difsr/tfjs';
import type { Backend } from '@difsr/graph';

const RUN = '/runs/shop/';

const open: { readonly [B in 'tfjs' | 'onnxruntime']: () => Promise<Backend> } = {
  tfjs: () => createTfjsBackend({ device: 'wasm' }),
  onnxruntime: () => createOnnxRuntimeBackend({ device: 'cpu' }),
};

/** Ten recommendations for a history, from the run folder. */
export async function recommend(
  backendName: keyof typeof open,
  history: readonly string[],
): Promise<{ id: string; score: number }[]> {
  const backend = await open[backendName]();
  try {
    const recommender = await createRecommender(await fetchTrainedModel(RUN), backend);
    const { items } = await recommender.recommend(history, { k: 10, includeSeen: false });
    return items.map(({ id, score }) => ({ id, score }));
  } finally {
    await backend.dispose();
  }
}

/** The ten best items after a history by number, from `model.onnx`, seen ones included. */
export async function exportedTop(items: readonly number[]): Promise<number[]> {
  const response = await fetch(`${RUN}model.onnx`);
  const file = await openModelFile(new Uint8Array(await response.arrayBuffer()));
  try {
    const { ids } = await file.run({
      items: { dtype: 'int32', shape: [1, items.length], data: Int32Array.from(items) },
    });
    return [...(ids?.data ?? [])].slice(0, 10);
  } finally {
    await file.dispose();
  }
}
