// The public API of @difsr/tfjs.
export { createTfjsBackend } from './backend.js';
export { deviceCure, devices, type Device, type TfjsOptions } from './devices.js';
export { differentiableGraph, type DifferentiableOptions } from './differentiable.js';
export { runGraph, type NamedTensors } from './execute.js';
