// The public API of @difsr/attention.
export * from './scores.js';
export * from './fusion.js';
export * from './family.js';
