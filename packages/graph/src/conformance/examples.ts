// Examples of every op: the one list from which gradient tests and the conformance suite are made.
// It is a mapped type over the op names, so a new op without examples does not compile.
import type { OpName } from '../signatures.js';
import { elementwiseExamples } from './examples-elementwise.js';
import { kernelExamples } from './examples-kernels.js';
import { scanExamples } from './examples-scan.js';
import type { Example } from './scene.js';

/** Every op's examples, by name. */
export const examples: { readonly [N in OpName]: readonly Example[] } = {
  ...elementwiseExamples,
  ...kernelExamples,
  scan: scanExamples,
};
