// What a command line does about signals, readers that leave, and its end; for Node.js.
export { exitCodeLines } from './exit-codes.js';
export { type Interrupted, withInterrupt } from './interrupt.js';
export { outliveReaders } from './readers.js';
