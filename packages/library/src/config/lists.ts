// Lists on the command line: `--set model.fields=brand,tags` is the list that everybody reads there.
import { alternativesOf, type SchemaNode } from '@difsr/errors';
import { parse } from 'yaml';
import type { Assignment } from './layers.js';
import { nodeAt } from './schema.js';

/**
 * Assignments in which `a,b` is a list where the schema wants one: one value is a list of one, no value (`model.fields=`)
 * the empty list, and so is `none` where names are wanted. What is a list as it stands, `[a, b]`, stays; a name with a
 * comma in it needs that form, and quotes.
 */
export function withLists(assignments: readonly Assignment[], schema: SchemaNode): Assignment[] {
  return assignments.map((assignment) => {
    const { path, value, text } = assignment;
    const list = text === undefined ? undefined : listNode(nodeAt(schema, path.split('.')));
    if (
      text === undefined ||
      list === undefined ||
      (typeof value === 'object' && value !== null) ||
      isConstant(list, value)
    )
      return assignment;
    return { ...assignment, value: listOf(text, list.items) ?? value };
  });
}

/** The node of a list, where no other text may stand. */
function listNode(node: SchemaNode | undefined): SchemaNode | undefined {
  if (node === undefined || node.type === 'array') return node;
  const choices = alternativesOf(node);
  const anyText = choices.some(
    ({ type, const: only, enum: few }) => type === 'string' && only === undefined && few === undefined,
  );
  const list = anyText ? undefined : choices.find(({ type }) => type === 'array');
  return list === undefined ? undefined : { ...list, anyOf: choices };
}

function isConstant(node: SchemaNode, value: unknown): boolean {
  return alternativesOf(node).some(({ const: only }) => only !== undefined && only === value);
}

function listOf(text: string, items: SchemaNode = {}): unknown[] | undefined {
  const types = [items, ...alternativesOf(items)].map(({ type }) => type);
  if (items.type === 'string' && text.trim() === 'none') return [];
  try {
    const values: unknown = parse(`[${text}]`);
    const words: unknown = parse(`[${text}]`, { schema: 'failsafe' });
    if (!Array.isArray(values) || !Array.isArray(words)) return undefined;
    // Words that mean something else in YAML (null, 2020) are words where words are wanted.
    const isWord = (value: unknown): boolean =>
      types.includes('string') &&
      (typeof value !== 'number' || !types.some((type) => type === 'number' || type === 'integer'));
    return values.map((value: unknown, index) => (isWord(value) ? words[index] : value) as unknown); // of YAML: anything
  } catch {
    return undefined; // the value as it is gives an error that names what is wanted
  }
}
