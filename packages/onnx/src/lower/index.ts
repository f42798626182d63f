// For backends that run the models themselves: the two halves of `toOnnx`, and what a session may ask for beyond a file.
export { lowerModel, onnxOutputName, type LowerOptions } from './to-onnx.js';
export type { ComposableOperator } from './emitter.js';
export type { Arithmetic } from './precision.js';
export { encodeModel } from '../file/encode.js';
