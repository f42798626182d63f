// Settings of a description, as they are typed.
import { parseSetting, type Assignment } from './layers.js';
import { withLists } from './lists.js';
import { jsonSchema } from './schema.js';

/** Texts such as `filters.timeFrom=2019-01-01` as assignments; lists may be written with commas. @throws UsageError */
export async function descriptionSettings(
  texts: readonly string[],
  shown?: (text: string) => string,
): Promise<Assignment[]> {
  if (texts.length === 0) return [];
  const { descriptionSchema } = await import('@difsr/prepare');
  return withLists(
    texts.map((text) => parseSetting(text, shown?.(text))),
    jsonSchema(descriptionSchema),
  );
}
