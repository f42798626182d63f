// The public API of @difsr/onnxruntime/web.
export {};
