// The engines of `difsr-bench attention`: open backends with the candidates that each has.
import { deviceOf, openBackends, type BackendsChoice, type Missing, type OpenBackend } from '../engine/open.js';
import { tracedProduct } from '../engine/product.js';
import type { Engine, Plan } from './candidate.js';
import type { Case, CaseData } from './case.js';
import { kernelPlans, type KernelPlace } from './kernel.js';

/** Opens backends as {@link openBackends}, in the calling thread: all devices that work, where none is named. */
export async function openEngines(
  choice: Omit<BackendsChoice, 'otherwise' | 'place'>,
): Promise<{ engines: Engine[]; missing: Missing[] }> {
  const { opened, missing } = await openBackends({ ...choice, otherwise: 'all', place: 'thread' });
  return { engines: await Promise.all(opened.map(engineOf)), missing };
}

async function engineOf(open: OpenBackend): Promise<Engine> {
  const { name, backend, threads, library } = open;
  const { device } = backend;
  const place: KernelPlace = { backend: name, device, ...(name === 'onnxruntime' ? { threads } : {}) };
  const extra = name === 'tfjs' ? await straightforwardPlans(device) : () => [];
  return {
    backend: backend.name,
    device,
    threads,
    library,
    plans: (own, data) => [...kernelPlans(place, own, data), ...extra(own, data)],
    product: (size) => tracedProduct(backend, size),
    dispose: () => backend.dispose(),
  };
}

/** The candidate of tfjs alone. */
async function straightforwardPlans(device: string): Promise<(own: Case, data: CaseData) => Plan[]> {
  const { activateTfjs, straightforwardCandidate } = await import('./straightforward.js');
  const activate = activateTfjs(deviceOf('tfjs', device));
  return (own, data) => [{ name: 'straightforward', prepare: () => straightforwardCandidate(own, data, activate) }];
}
