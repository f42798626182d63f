// The published code's parameter names (RecBole's, and DIF-SR's own), for loading its weights.
import type { TransformerConfig } from './config.js';
import type { ReferenceParameter } from './model.js';
import { isCategorical, type FieldSchema } from './field-schema.js';

/** Collects pairs of names; `linear` and `norm` add weight and bias at once. */
export class NameMap {
  readonly entries: Map<string, ReferenceParameter> = new Map();

  /** One parameter. */
  add(ours: string, theirs: string, rows?: readonly [number, number]): this {
    this.entries.set(ours, rows === undefined ? { name: theirs } : { name: theirs, rows });
    return this;
  }

  /** A layer with weight and bias. */
  layer(ours: string, theirs: string): this {
    return this.add(`${ours}.weight`, `${theirs}.weight`).add(`${ours}.bias`, `${theirs}.bias`);
  }
}

/** Names of what all transformer models have; position and item tables, input norm, layers. */
export function commonNames(config: TransformerConfig): NameMap {
  const names = new NameMap()
    .add('items.weight', 'item_embedding.weight')
    .add('positions.weight', 'position_embedding.weight')
    .layer('norm', 'LayerNorm');
  return layerNames(names, '', 'trm_encoder.', config.layers);
}

/** Names of transformer layers under a prefix of ours and one of theirs. */
export function layerNames(names: NameMap, our: string, their: string, layers: number): NameMap {
  for (let k = 0; k < layers; k++) {
    const [ours, theirs] = [`${our}layers.${k}`, `${their}layer.${k}`];
    for (const part of ['query', 'key', 'value'])
      names.layer(`${ours}.attention.${part}`, `${theirs}.multi_head_attention.${part}`);
    names.layer(`${ours}.attention.output`, `${theirs}.multi_head_attention.dense`);
    names.layer(`${ours}.attention.norm`, `${theirs}.multi_head_attention.LayerNorm`);
    names.layer(`${ours}.feedForward.input`, `${theirs}.feed_forward.dense_1`);
    names.layer(`${ours}.feedForward.output`, `${theirs}.feed_forward.dense_2`);
    names.layer(`${ours}.feedForward.norm`, `${theirs}.feed_forward.LayerNorm`);
  }
  return names;
}

/** Names of DIF attention's own parameters under a prefix of ours and one of theirs. */
export function difAttentionNames(names: NameMap, ours: string, theirs: string, sides: number): NameMap {
  for (let j = 0; j < sides; j++) {
    names
      .layer(`${ours}query.side${j}`, `${theirs}query_layers.${j}`)
      .layer(`${ours}key.side${j}`, `${theirs}key_layers.${j}`);
  }
  return names
    .layer(`${ours}query.position`, `${theirs}query_p`)
    .layer(`${ours}key.position`, `${theirs}key_p`)
    .layer(`${ours}fusion.projection`, `${theirs}fusion_layer`)
    .layer(`${ours}fusion.hidden`, `${theirs}fusion_layer.projection.0`)
    .layer(`${ours}fusion.output`, `${theirs}fusion_layer.projection.2`);
}

/** DIF-SR's field tables: one embedding layer per field, in the order of selection. */
export function fieldNamesPerField(names: NameMap, fields: readonly FieldSchema[]): NameMap {
  fields.forEach((field, j) => {
    if (!isCategorical(field)) return; // it has no other kinds
    const table =
      field.kind === 'categorical'
        ? 'token_embedding_table.item.embedding.weight'
        : 'token_seq_embedding_table.item.0.weight';
    names.add(`fields.${field.name}.weight`, `feature_embed_layer_list.${j}.${table}`);
  });
  return names;
}

/** RecBole's field tables: all single-valued fields share one table, one after the other; multi-valued ones have their own. */
export function fieldNamesShared(names: NameMap, fields: readonly FieldSchema[]): NameMap {
  const prefix = 'feature_embed_layer.';
  let start = 0;
  for (const field of fields) {
    if (field.kind !== 'categorical') continue;
    names.add(`fields.${field.name}.weight`, `${prefix}token_embedding_table.item.embedding.weight`, [
      start,
      start + field.values,
    ]);
    start += field.values;
  }
  fields
    .filter(({ kind }) => kind === 'multi-categorical')
    .forEach((field, j) =>
      names.add(`fields.${field.name}.weight`, `${prefix}token_seq_embedding_table.item.${j}.weight`),
    );
  return names;
}
