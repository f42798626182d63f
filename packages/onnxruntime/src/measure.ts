// Does a device compute, and how fast? A small graph with a known result, and matrix products.
import { DifsrError, say, type Text } from '@difsr/errors';
import { add, createGraph, input, matmul, reduceSum, scatterAdd, softmax, type Backend } from '@difsr/graph';
import { devices, type Device } from './devices.js';

/** What was found out about a device. */
export interface DeviceReport {
  readonly device: Device;
  readonly works: boolean;
  /** One line: how fast it is, or why it does not work. */
  readonly detail: string;
  /** How to make it work; absent where it does. */
  readonly cure?: Text;
}

/** A problem, or how fast matrix products are. */
export type ProbeAnswer = { readonly problem: string; readonly cure?: Text } | { readonly gigaflops: number };

/** Tries a backend, which stays open. Errors of the backend are thrown. */
export async function measure(backend: Backend): Promise<ProbeAnswer> {
  const values = await smallGraph(backend);
  if (values !== '1.5 1.5 2 2') return { problem: `it computes wrong results (${values} instead of 1.5 1.5 2 2)` };
  return { gigaflops: await speed(backend) };
}

/**
 * Probes all devices and reports on them, the fastest that works first, those that do not at the end.
 *
 * @param cureOf what a device needs in general; an error's own cure is nearer to the cause and goes before it.
 */
export async function reportDevices(
  probe: (device: Device) => Promise<ProbeAnswer>,
  cureOf: (device: Device) => Text,
  some: readonly Device[] = devices,
): Promise<DeviceReport[]> {
  const answers: { readonly device: Device; readonly answer: ProbeAnswer }[] = [];
  // One after the other: two that fight over one GPU would say little about either.
  for (const device of some) answers.push({ device, answer: await probe(device) });
  const speedOf = (answer: ProbeAnswer): number => ('gigaflops' in answer ? answer.gigaflops : -1);
  return answers
    .toSorted((a, b) => speedOf(b.answer) - speedOf(a.answer))
    .map(({ device, answer }) => report(device, answer, cureOf));
}

/** What an error says of a device that was tried. */
export function problemOf(error: unknown): ProbeAnswer {
  const [fault] = error instanceof DifsrError ? error.faults : [];
  if (fault === undefined) return { problem: error instanceof Error ? error.message : String(error) };
  return { problem: say(fault.what), ...(fault.cure === undefined ? {} : { cure: fault.cure }) };
}

function report(device: Device, answer: ProbeAnswer, cureOf: (device: Device) => Text): DeviceReport {
  if ('gigaflops' in answer)
    return { device, works: true, detail: `${answer.gigaflops.toPrecision(2)} GFLOP/s in a matrix product` };
  return { device, works: false, detail: answer.problem, cure: answer.cure ?? cureOf(device) };
}

async function smallGraph(backend: Backend): Promise<string> {
  const x = input('x', ['n', 2]);
  const rows = scatterAdd(input('ids', ['n'], 'int32'), softmax(matmul(x, input('w', [2, 2]))), [2, 2]);
  const program = await backend.compile(createGraph({ y: add(rows, 1) }), { label: 'probe' });
  const { y } = await program.run({
    x: { dtype: 'float32', shape: [3, 2], data: new Float32Array(6) },
    w: { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
    ids: { dtype: 'int32', shape: [3], data: Int32Array.of(0, 1, 1) },
  });
  return y === undefined ? '' : [...y.data].join(' ');
}

/** Of a product of two square matrices, the second run; a software adapter is not kept busy with the large one. */
async function speed(backend: Backend): Promise<number> {
  const a = input('a', ['n', 'n']);
  const program = await backend.compile(createGraph({ y: reduceSum(matmul(a, a)) }), { label: 'speed' });
  let best = 0;
  for (const n of [256, 1024]) {
    if (n > 256 && best < 2) break;
    for (let run = 0; run < 2; run++) {
      const start = performance.now();
      await program.run({ a: { dtype: 'float32', shape: [n, n], data: new Float32Array(n * n) } });
      best = Math.max(best, (2 * n ** 3) / 1e6 / (performance.now() - start));
    }
  }
  return best;
}
