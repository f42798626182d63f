// Vocabularies: tokens to dense ids and back. Id 0 is always padding/unknown.
import { DifsrError } from '@difsr/errors';
import type { Vocabulary } from './types.js';

/** The token of id 0 in every vocabulary. */
export const PADDING_TOKEN = '[PAD]';

/**
 * A vocabulary over distinct tokens, which get the ids 1, 2, .. in the order given.
 *
 * @param tokens distinct tokens, without the padding token
 * @throws DifsrError if a token is repeated or is the padding token itself
 * @example
 * const brands = createVocabulary(['Lumo', 'Orbi']);
 * brands.id('Orbi'); // 2
 * brands.tokens[0]; // '[PAD]'
 */
export function createVocabulary(tokens: Iterable<string>): Vocabulary {
  const all: string[] = [PADDING_TOKEN];
  const ids = new Map<string, number>();
  for (const token of tokens) {
    if (token === PADDING_TOKEN || ids.has(token)) {
      throw new DifsrError({
        what: `"${token}" cannot be added to a vocabulary: ${token === PADDING_TOKEN ? 'it is the name of padding (id 0)' : 'it is there already'}`,
        cure: 'rename it in the data, or pass distinct tokens',
      });
    }
    ids.set(token, all.length);
    all.push(token);
  }
  return { tokens: all, size: all.length, id: (token) => ids.get(token) };
}

/** Collects tokens in the order of first appearance; the ids it hands out are those of the finished vocabulary. */
export interface VocabularyBuilder {
  /** The id of the token, a new one at its first appearance. */
  add(token: string): number;
  has(token: string): boolean;
  finish(): Vocabulary;
}

/** A builder that numbers tokens by first appearance. */
export function vocabularyBuilder(): VocabularyBuilder {
  const ids = new Map<string, number>();
  return {
    add(token) {
      const known = ids.get(token);
      if (known !== undefined) return known;
      const id = ids.size + 1;
      ids.set(token, id);
      return id;
    },
    has: (token) => ids.has(token),
    finish: () => createVocabulary(ids.keys()),
  };
}
