// The public API of @difsr/attention/onnxruntime.
export {};
