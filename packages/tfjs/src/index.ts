// The public API of @difsr/tfjs.
export { runGraph, type NamedTensors } from './execute.js';
export { differentiableGraph, type DifferentiableOptions } from './differentiable.js';
