// The public API of @difsr/attention/tfjs.
export {};
