// The reference interpreter: what the rest of the package, and its users, may import of it.
export { createReferenceBackend } from './backend.js';
export { evaluate } from './interpret.js';
