// What commands need beside the verbs: configuration in layers, its schema and names, pages, and folders of runs.
export { shownMetrics } from './analyze/report.js';
export { isAvailable } from './analyze/types.js';
export { parseSearch } from './compare/specification.js';
export { descriptionSettings } from './config/description.js';
export { assignmentLayer, type Assignment, type Layer, type Tree } from './config/layers.js';
export { differenceOf, exampleValue, keysMeant, normalName, otherNames } from './config/other-names.js';
export { commonPresets, defaultPreset, presetsOf } from './config/presets.js';
export { resolveConfig, resolveRun, type ConfigSources } from './config/resolve.js';
export { allPaths, configSchema, modelsByName, modelSchema, nodeAt } from './config/schema.js';
export { loadFiles } from './data/open.js';
export { summaryOf } from './data/summary.js';
export { escapeXml } from './page/escape.js';
export { page, tableHtml } from './page/page.js';
export { UsageError } from './errors.js';
export { ownModelOf } from './options.js';
export { nextFreeFolder } from './run-path.js';
export { includesNew, topOf } from './selection.js';
export { trainResolved, type ResolvedRun } from './train.js';
