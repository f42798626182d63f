// The public API of @difsr/models.
export * from './definition.js';
export * from './objectives/objective.js';
export { nextItem } from './objectives/next-item.js';
export { maskedItem } from './objectives/masked-item.js';
export { transformerShape, sideShape, type TransformerConfig } from './config.js';
export * from './registry.js';
export * from './tasks.js';
export * from './run-error.js';
export * from './trained-model.js';
export * from './recommend.js';
export { featureName, selectFields, type SideOptions } from './fields.js';
export * from './model-error.js';
export { difAttentionNames, NameMap } from './reference-names.js';
export { readReferenceWeights, type ReferenceWeights, type ReferenceWeightsOptions } from './reference-weights.js';
export { difSr, type DifSrConfig } from './dif-sr.js';
export { nova, type NovaConfig } from './nova.js';
export { sasrec, type SasRecConfig } from './sasrec.js';
export { sasrecf, type SasRecFConfig } from './sasrecf.js';
