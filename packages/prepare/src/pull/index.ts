// Public API of @difsr/prepare/pull: the files of public data sets, downloaded, checked and unpacked (needs Node).
export { unpackArchive, type UnpackOptions } from './archive.js';
export { PULL_PROBLEMS, PullError, type PullProblem } from './errors.js';
export type { PullEvent, PullProgress } from './events.js';
export type { UnpackLimits } from './gate.js';
export { pullDataset, type PulledFile, type PullOptions, type PullReport } from './pull.js';
