// The public API of difsr-bench.
export {};
