// Configurations of layers come from JSON as well (loadLayersModel): what a layer does not know is an error, never ignored.
import { checkOptions, type OptionRules } from '@difsr/errors';
import { AttentionError } from '../error.js';

/** What tfjs itself keeps in the configuration of any layer, or adds when it loads one. */
const OF_ANY_LAYER = [
  'customObjects',
  'name',
  'trainable',
  'dtype',
  'batchInputShape',
  'batchSize',
  'inputShape',
  'inputDType',
  'updatable',
  'weights',
];

/** Throws for an option that is none of the layer's, or of a wrong type. */
export function checkLayer<T extends object>(layer: string, config: T, rules: OptionRules<T>): void {
  const own = (key: string): boolean => Object.hasOwn(rules, key) || !OF_ANY_LAYER.includes(key);
  const given: T = isObject(config) ? Object.assign({}, ...entriesOf(config, own)) : config;
  checkOptions(layer, given, rules, AttentionError);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function entriesOf(config: object, wanted: (key: string) => boolean): object[] {
  return Object.entries(config).flatMap(([key, value]) => (wanted(key) ? [{ [key]: value as unknown }] : []));
}
