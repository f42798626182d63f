// The public API of @difsr/models.
export * from './definition.js';
export type * from './model.js';
export { byPopularity, type Counted, type SequencePiece, type TrainingPart } from './counted.js';
export * from './field-schema.js';
export * from './objectives/objective.js';
export * from './inputs.js';
export { itemTable, TRAINED_ITEMS, trainedItems, type ItemTable } from './item-table.js';
export * from './time-fields.js';
export { USER_ID, userIdField } from './user-id.js';
export type { EventValue, HistoryEvent, ValuesSaid } from './events.js';
export { historyInputs, type HistoryInputs } from './history-inputs.js';
export { dealOut, type DealtStep } from './objectives/deal.js';
export { withItems, type NewItem, type NewItemsSaid } from './new-items.js';
export { nextItem, targetInteractions } from './objectives/next-item.js';
export { distributionTask } from './distribution-task.js';
export { selfSupervised, type SelfSupervisedOptions } from './objectives/self-supervised.js';
export { maskedItem } from './objectives/masked-item.js';
export { countedLaw, uniformLaw, type ItemLaw } from './objectives/item-law.js';
export { lossNames, lossShape, samplingNames, type LossName, type SamplingName } from './losses.js';
export { transformerShape, sideShape, type TransformerConfig } from './config.js';
export * from './registry.js';
export { LOWEST } from './columns.js';
export * from './tasks.js';
export { observed, type Observed, type ObservedAttention, type ObservedSource, type Source } from './observed.js';
export { Owned, type Freed } from './owned.js';
export { precompute, splitTask, type Precomputed } from './precompute.js';
export * from './run-error.js';
export * from './trained-model.js';
export * from './recommend.js';
export type { Recommendation } from './recommendation.js';
export type { Explanation, ExplainedEvent, ExplainedField, ExplainOptions, LeftOut } from './explain.js';
export { padded, paddedItems, shownLength } from './padded.js';
export {
  attributeNames,
  attributeOf,
  isAttributeName,
  isFilterField,
  type Attribute,
  type FilterField,
} from './attributes.js';
export type { AllowedOptions, FieldCondition, FiltersSaid, NumberRange, Where } from './item-filter.js';
export { featureName, listName, neighboursName, selectFields, type SideOptions } from './fields.js';
export * from './model-error.js';
export { difAttentionNames, NameMap } from './reference-names.js';
export { readReferenceWeights, type ReferenceWeights, type ReferenceWeightsOptions } from './reference-weights.js';
export { bert4rec, bert4recAttentions, type Bert4RecConfig } from './bert4rec.js';
export { caser, type CaserConfig } from './caser.js';
export { difSr, type DifSrConfig } from './dif-sr.js';
export { fdsa, type FdsaConfig } from './fdsa.js';
export { gru4rec, type Gru4RecConfig } from './gru4rec.js';
export { gru4recf, type Gru4RecFConfig } from './gru4recf.js';
export { markov, type MarkovConfig } from './markov.js';
export { icaiSr, type IcaiSrConfig } from './icai-sr.js';
export { nova, type NovaConfig } from './nova.js';
export { pRnn, type PRnnConfig, type PRnnStrategy } from './p-rnn.js';
export { popular } from './popular.js';
export { s3Rec, type S3RecConfig } from './s3-rec.js';
export { sasrec, type SasRecConfig } from './sasrec.js';
export { sasrecf, type SasRecFConfig } from './sasrecf.js';
