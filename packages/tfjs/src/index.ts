// The public API of @difsr/tfjs.
export {};
