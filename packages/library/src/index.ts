// Everything that the command does, as functions.
export { openBackend, type BackendChoice } from './backend.js';
export { UsageError } from './errors.js';
