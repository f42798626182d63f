// Tries one device in a process of its own, as drivers may crash. An entry file, never imported: `probe-child.js DEVICE`.
import { devices } from '../devices.js';
import { measure, type ProbeAnswer, problemOf } from '../measure.js';
import { createOnnxRuntimeBackend } from './backend.js';

async function attempt(): Promise<ProbeAnswer> {
  const device = devices.find((each) => each === process.argv[2]);
  if (device === undefined) return { problem: `no device "${process.argv[2] ?? ''}"` };
  const backend = await createOnnxRuntimeBackend({ device });
  const answer = await measure(backend);
  await backend.dispose();
  return answer;
}

attempt()
  .catch(problemOf)
  .then((answer) => process.send?.(answer, () => process.exit(0)));
