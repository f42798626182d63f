// For those who write a backend: what every one of them needs beside its kernels, so that all keep the same promises.
export * from './disposed.js';
export * from './host-arrays.js';
export * from './slots.js';
export * from './turns.js';
