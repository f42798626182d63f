// The public API of @difsr/nn.
export * from './scope.js';
export * from './initializers.js';
export * from './layers.js';
export * from './recurrent.js';
export * from './embeddings.js';
export * from './losses.js';
export * from './safetensors.js';
