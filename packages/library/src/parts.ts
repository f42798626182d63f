// What commands need beside the verbs: configuration in layers, its schema and names, data sets and folders of runs.
export { autoDevice, openBackend, precisionOf, type BackendChoice } from './backend.js';
export {
  assignmentLayer,
  isTree,
  mergeTrees,
  parseSetting,
  type Assignment,
  type Layer,
  type Tree,
} from './config/layers.js';
export { withLists } from './config/lists.js';
export { differenceOf, exampleValue, keysMeant, normalName, otherNames } from './config/other-names.js';
export { isModelFile, loadOwnModel, ownModelOption, trainOwn } from './config/own-model.js';
export { defaultPreset, presets, presetsOf } from './config/presets.js';
export { resolveConfig, resolveRun, type ConfigSources } from './config/resolve.js';
export { allPaths, configSchema, jsonSchema, modelsByName, modelSchema, nodeAt } from './config/schema.js';
export { loadData, loadFiles, loadRunData, requireTrainable } from './data/open.js';
export { closeData, isPreparedFolder, type TrainingData } from './data/prepared.js';
export type { PreparedRaw } from './data/raw.js';
export { UsageError } from './errors.js';
export { codeOf } from './file-names.js';
export { nextFreeFolder, removeUnstarted, requireFreeFolder } from './run-path.js';
