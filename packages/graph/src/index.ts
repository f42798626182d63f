export {};
export * from './random.js';
