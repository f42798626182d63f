// The public API of @difsr/attention/tfjs-layers.
export {};
