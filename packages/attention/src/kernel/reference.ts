// The interpreter as a module of its own, imported on demand: bundlers keep it out of what every page loads.
export { createReferenceBackend } from '@difsr/graph';
