// What an analysis sees of a model while it is traced: the sources that each place of a sequence has, and of every attention the scores by
// source. Both sides of the names stand here: those who tell, and those who are told.
import { type Attention, type AttentionBySource } from '@difsr/attention';
import { type Tensor } from '@difsr/graph';
import { Scope } from '@difsr/nn';

/** Where scores and streams come from: items, a field of them or of interactions, or positions. */
export type Source =
  | { readonly kind: 'item' }
  | { readonly kind: 'field'; readonly field: string }
  | { readonly kind: 'position' };

/** A source as it goes into the model. */
export interface ObservedSource {
  readonly source: Source;
  /** `[batch, length, width]` each; several where layers have their own, such as positions of DIF attention. */
  readonly tensors: readonly Tensor[];
}

/** An attention of the model. */
export interface ObservedAttention {
  /** Its scope, such as `layers.0.attention`. */
  readonly name: string;
  /** `[batch, heads, n, n]`: what the softmax gets, scaled, before the mask. */
  readonly scores: Tensor;
  /**
   * The same with hidden entries as they are. Where `scores` count them as zero before fusing (causal-safe `gate`) this is another matrix;
   * undefined where there is none (causal-safe `concat`).
   */
  readonly unmasked?: Tensor;
  /** `[batch, heads, n, n]` */
  readonly probabilities: Tensor;
  /** Of DIF attention: scores of each source, `[batch, heads, n, n]`, neither scaled nor masked; sides first, then item and position. */
  readonly sources: readonly { readonly source: Source; readonly scores: Tensor }[];
}

/** What was seen of a model. */
export interface Observed {
  /** Items, fields as the model reads them, positions; what it does not have is left out. */
  readonly sources: readonly ObservedSource[];
  /** In the order of the layers. Empty for a model without attention of the family. */
  readonly attentions: readonly ObservedAttention[];
}

/** What is told of in a scope: `source of field brand`, `scores`, `scores of item`, .. */
type Part = 'source' | 'scores' | 'unmasked' | 'probabilities';

function nameOf(part: Part, source: Source): string {
  return `${part} of ${source.kind === 'field' ? `field ${source.field}` : source.kind}`;
}

const NAME = /^(?:(.*?)\.)?(source|scores|unmasked|probabilities)(?: of (?:(item|position)|field (.*)))?$/s;

/** Tells of a source at the places of a sequence, `[batch, length, width]`; undefined where nobody watches. */
export function observeSource(scope: Scope, source: Source, tensor: () => Tensor): Tensor | undefined {
  return scope.observe(nameOf('source', source), tensor);
}

/** Tells of an attention; `fields` are those of the side sources, in their order. */
export function observeAttention<A extends Attention | AttentionBySource>(
  scope: Scope,
  attention: A,
  fields: readonly string[] = [],
): A {
  const found: Attention | AttentionBySource = attention;
  const { scores, probabilities } = found;
  if (scope.observe('scores', () => scores) === undefined) return attention;
  scope.observe('probabilities', () => probabilities);
  const whole = 'sources' in found ? found.unmasked() : scores;
  if (whole !== undefined) scope.observe('unmasked', () => whole);
  if (!('sources' in found)) return attention;
  const { sides, item, position } = found.sources;
  sides.forEach((side, j) =>
    scope.observe(nameOf('scores', { kind: 'field', field: fields[j] ?? String(j) }), () => side),
  );
  scope.observe(nameOf('scores', { kind: 'item' }), () => item);
  if (position !== undefined) scope.observe(nameOf('scores', { kind: 'position' }), () => position);
  return attention;
}

/**
 * What a model tells of while `trace` traces it, without dropout.
 *
 * @returns what `trace` gave, what was seen of it, and the scope that holds what was declared
 * @example
 * ```ts
 * const { seen } = observed((scope) => run.model.trace(scope, declareInputs(run.model)));
 * seen.attentions[0]?.scores; // [batch, heads, length, length]
 * ```
 */
export function observed<T>(trace: (scope: Scope) => T): {
  readonly traced: T;
  readonly seen: Observed;
  readonly scope: Scope;
} {
  const sources = new Map<string, { readonly source: Source; readonly tensors: Tensor[] }>();
  const attentions = new Map<string, Told>();
  const observer = (name: string, tensor: Tensor): void => {
    const [, place = '', part = '', kind, field = ''] = NAME.exec(name) ?? [];
    const source: Source | undefined =
      kind === 'item' || kind === 'position'
        ? { kind }
        : name.includes(' of field ')
          ? { kind: 'field', field }
          : undefined;
    if (part === 'source') {
      if (source === undefined) return;
      const found = sources.get(name) ?? { source, tensors: [] };
      sources.set(name, found);
      found.tensors.push(tensor);
      return;
    }
    const told = attentions.get(place) ?? { sources: [] };
    attentions.set(place, told);
    if (source !== undefined) told.sources.push({ source, scores: tensor });
    else if (part === 'scores' || part === 'unmasked' || part === 'probabilities') told[part] = tensor;
  };
  const scope = new Scope({ training: false, observer });
  const traced = trace(scope);
  return {
    traced,
    scope,
    seen: {
      sources: [...sources.values()].toSorted((a, b) => ORDER[a.source.kind] - ORDER[b.source.kind]),
      attentions: [...attentions].flatMap(([name, { scores, probabilities, unmasked, sources: own }]) =>
        scores === undefined || probabilities === undefined
          ? []
          : [{ name, scores, probabilities, sources: own, ...(unmasked === undefined ? {} : { unmasked }) }],
      ),
    },
  };
}

/** Sources in the order in which they are told of afterwards. */
const ORDER: Readonly<Record<Source['kind'], number>> = { item: 0, field: 1, position: 2 };

interface Told {
  scores?: Tensor;
  unmasked?: Tensor;
  probabilities?: Tensor;
  readonly sources: { readonly source: Source; readonly scores: Tensor }[];
}
