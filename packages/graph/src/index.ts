// The public API of @difsr/graph.
export * from './types.js';
export * from './shapes.js';
export type * from './signatures.js';
export * from './ops.js';
export * from './build.js';
export * from './graph.js';
export * from './gradients.js';
export * from './vjp.js';
export * from './rewrite.js';
export * from './passes.js';
export * from './hoist.js';
export * from './verify.js';
export * from './print.js';
export * from './optimizers.js';
export * from './training-step.js';
export * from './backend.js';
export * from './random.js';
export * from './reference/index.js';
