// The values of a cell: one function for every form a list of values takes in files, and the same as a function of the engine.
import { duckDb } from '../engine/duckdb.js';
import { decodeHTML } from 'entities';
import { bracketedParts, isBracketed, pathLevels, quotedNames, splitValues } from '../category-text.js';
import type { FieldSpec } from '../description/types.js';
import type { Engine } from '../engine/engine.js';
import { sqlText } from '../engine/quote.js';
import { parseJson } from '@difsr/data';
import { tidyText } from '../tidy-text.js';
import { decodeHtml } from './html.js';
import { type ColumnSql, jsonSql } from './columns.js';
import { missingCells } from './missing.js';

/** How the cells of a field become values. */
export interface ValueOptions {
  /** `one`: the whole cell is a value; `text`: parts of a text; `json`: an array, nested or not, as JSON. */
  readonly from: 'one' | 'text' | 'json';
  /** Default: a space, or nothing where there is a path. */
  readonly separator?: string | undefined;
  /** Between the levels of a path. */
  readonly path?: string | undefined;
  readonly names: boolean;
  readonly html: boolean;
  readonly drop: readonly string[];
  /** Cells and values without blanks around them that stand for no value. */
  readonly missing?: readonly string[] | undefined;
  /** Blanks and letters as they stand; else values are tidied. */
  readonly untidy?: boolean | undefined;
}

/** The options of a categorical or multi-categorical field over a column. */
export function valueOptions(spec: FieldSpec, column: ColumnSql): ValueOptions {
  const several = spec.kind === 'multi-categorical';
  const native = column.type === 'json' || (typeof column.type === 'object' && spec.separator === undefined);
  return {
    from: several ? (native ? 'json' : 'text') : 'one',
    separator: spec.separator,
    path: spec.path,
    names: spec.names ?? true,
    html: spec.html === 'decode',
    drop: (spec.drop ?? []).map(tidyText),
    missing: missingCells(spec),
  };
}

/**
 * The values of a cell, in its order, each once, without empty and dropped ones.
 *
 * @example
 * fieldValues('a|b|a', { from: 'text', separator: '|', names: true, html: false, drop: [] }); // ['a', 'b']
 */
export function fieldValues(cell: string, options: ValueOptions): string[] {
  const { html, path, drop, missing = [], untidy = false } = options;
  if (missing.includes(cell.trim())) return [];
  const parts = partsOf(cell, options);
  const read = html ? parts.flatMap((part) => decodeHtml(part) ?? []) : parts;
  const tidy = untidy ? read : read.map(tidyText);
  const values = path === undefined ? tidy : tidy.flatMap((value) => pathLevels(value, path));
  return [...new Set(values)].filter(
    (value) => value.trim() !== '' && !drop.includes(value) && !missing.includes(value.trim()),
  );
}

function partsOf(cell: string, { from, separator: given, path, names, html }: ValueOptions): string[] {
  const separator = given ?? (path === undefined ? ' ' : undefined);
  if (from === 'one' || (from === 'text' && separator === undefined)) return [cell];
  if (from === 'json' || separator === undefined) return jsonValues(cell);
  // The semicolon of &amp; divides nothing.
  const text = html && separator.includes(';') ? decodeHTML(cell) : cell;
  const quoted = names ? quotedNames(text) : undefined;
  if (quoted !== undefined) return quoted;
  const between = separator.trim();
  return between.length === 1 && isBracketed(text)
    ? bracketedParts(text, between)
    : splitValues(text, 'fragments', separator);
}

/** Text and numbers of a JSON value, lists in lists included; a text on its own is one value. */
function jsonValues(cell: string): string[] {
  let value: unknown;
  try {
    value = parseJson(cell);
  } catch {
    return [cell];
  }
  return flatten(value);
}

function flatten(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(flatten);
  if (value === null || value === undefined || typeof value === 'object') return [];
  return [typeof value === 'string' ? value : JSON.stringify(value)];
}

const registered = new WeakSet<Engine['connection']>();

/** Registers `field_values(cell, options)` with the engine, once for all that it is lent to. */
export function registerFieldValues(engine: Engine): void {
  if (registered.has(engine.connection)) return;
  registered.add(engine.connection);
  const known = new Map<string, ValueOptions>();
  const optionsOf = (text: string): ValueOptions => {
    // Written by valuesSql alone.
    const options = known.get(text) ?? (JSON.parse(text) as ValueOptions);
    known.set(text, options);
    return options;
  };
  const { DuckDBScalarFunction, LIST, VARCHAR } = duckDb();
  engine.connection.registerScalarFunction(
    DuckDBScalarFunction.create({
      name: 'field_values',
      parameterTypes: [VARCHAR, VARCHAR],
      returnType: LIST(VARCHAR),
      mainFunction: (_info, input, output) => {
        const cells = input.getColumnVector(0);
        const options = input.getColumnVector(1);
        for (let row = 0; row < input.rowCount; row++) {
          const cell = cells.getItem(row);
          const option = options.getItem(row);
          output.setItem(
            row,
            typeof cell === 'string' && typeof option === 'string'
              ? { items: fieldValues(cell, optionsOf(option)) }
              : null,
          );
        }
        output.flush();
      },
    }),
  );
}

/** The values of a field in SQL: VARCHAR[], never NULL. */
export function valuesSql(spec: FieldSpec, column: ColumnSql, how: 'tidied' | 'as they stand' = 'tidied'): string {
  const options = { ...valueOptions(spec, column), ...(how === 'tidied' ? {} : { untidy: true }) };
  const cell = options.from === 'json' ? jsonSql(column) : column.text;
  return `coalesce(field_values(${cell}, ${sqlText(JSON.stringify(options))}), [])`;
}
