// The public API of @difsr/files.
export { makeFolder } from './folders.js';
export { sha256, sha256OfFile } from './hash.js';
export { appendLine, readLines } from './lines.js';
export {
  type Contents,
  flushFile,
  flushFolder,
  removeTemporaries,
  renameFile,
  temporaryName,
  writeFileAtomic,
} from './write.js';
export { FileWriteError, writeError } from './write-error.js';
