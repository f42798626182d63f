// Configurations of layers come from JSON as well (loadLayersModel): what a layer does not know is an error, never ignored.
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

/** Throws for an option that is none of the layer's. */
export function checkKnown(layer: string, config: unknown, known: readonly string[]): void {
  if (typeof config !== 'object' || config === null)
    throw new AttentionError(`${layer} takes an object with its options ${known.join(', ')}, got ${String(config)}`);
  const unknown = Object.keys(config).find((key) => !known.includes(key) && !OF_ANY_LAYER.includes(key));
  if (unknown !== undefined)
    throw new AttentionError(`${layer} has no option "${unknown}"; its options are ${known.join(', ')}: leave it out`);
}

/** A whole number of at least `least`. */
export function wholeNumber(layer: string, name: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new AttentionError(`${layer}: ${name} is a whole number from ${least} on, got ${JSON.stringify(value)}`);
}

/** A number in [0, 1). */
export function rate(layer: string, name: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && value < 1) return value;
  throw new AttentionError(`${layer}: ${name} is a share in [0, 1), got ${JSON.stringify(value)}`);
}

/** true or false. */
export function flag(layer: string, name: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value;
  throw new AttentionError(`${layer}: ${name} is true or false, got ${JSON.stringify(value)}`);
}

/** One of a few words. */
export function oneOf<T extends string>(layer: string, name: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  throw new AttentionError(`${layer}: ${name} is one of ${allowed.join(', ')}, got ${JSON.stringify(value)}`);
}
