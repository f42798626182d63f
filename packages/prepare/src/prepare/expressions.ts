// The SQL that a description holds: every expression is one expression, binds to the columns of its source, and names itself where it fails.
import type { ColumnSpec, Description, FieldSpec } from '../description/types.js';
import { type Engine, EngineError } from '../engine/engine.js';
import { DataError } from '@difsr/data';
import type { OpenSource, OpenSources } from '../sources/source.js';

/** An expression and where it stands. */
interface Expression {
  /** E.g. `interactions.user`. */
  readonly place: string;
  readonly sql: string;
  readonly source: OpenSource;
}

/** Tries every expression on no rows. @throws DataError with all that cannot be used */
export async function checkExpressions(engine: Engine, sources: OpenSources, description: Description): Promise<void> {
  const problems = [];
  for (const expression of expressionsOf(sources, description)) {
    const why = await refusal(engine, expression);
    if (why !== undefined) problems.push(...expressionError(expression, why).problems);
  }
  if (problems.length > 0) throw new DataError(problems);
}

/** Finds the expression that fails on a row, for an error of a larger statement. */
export async function failingExpression(
  engine: Engine,
  sources: OpenSources,
  description: Description,
): Promise<DataError | undefined> {
  for (const expression of expressionsOf(sources, description)) {
    try {
      await engine.rows(`SELECT count(hash((${expression.sql}\n))) FROM ${expression.source.relation}`);
    } catch (error) {
      if (error instanceof EngineError) return expressionError(expression, error.message);
      throw error;
    }
  }
  return undefined;
}

/** Why SQL is not one expression, or `undefined`: what ends one early could be any statement. */
export async function notOneExpression(engine: Engine, sql: string): Promise<string | undefined> {
  try {
    const { count } = await engine.connection.extractStatements(`SELECT 1 WHERE (${sql}\n)`);
    return count === 1 ? undefined : `it is not one expression but ${count} statements`;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).replace('Failed to extract statements: ', '');
  }
}

async function refusal(engine: Engine, { sql, source }: Expression): Promise<string | undefined> {
  const why = await notOneExpression(engine, sql);
  if (why !== undefined) return why;
  try {
    // Beside a column, so that an aggregate is refused here and not in the middle of the work.
    await engine.rows(`SELECT _row, (${sql}\n) FROM ${source.relation} LIMIT 0`);
    return undefined;
  } catch (error) {
    if (error instanceof EngineError) return error.message;
    throw error;
  }
}

function expressionError({ place, sql, source }: Expression, why: string): DataError {
  const names = source.columns.map(({ name }) => name).join(', ');
  return new DataError([
    {
      file: 'description',
      column: place,
      value: sql,
      message: `cannot be used: ${why.split('\n', 1)[0] ?? ''}; it may use ${names}`,
      cure: 'write one DuckDB expression over the columns of the files; TRY_CAST gives NULL where CAST fails',
    },
  ]);
}

function expressionsOf(sources: OpenSources, { interactions, items, users }: Description): Expression[] {
  const found: Expression[] = [];
  const add = (place: string, column: ColumnSpec | undefined, source: OpenSource): void => {
    if (typeof column === 'object') found.push({ place, sql: column.sql, source });
  };
  const addFields = (
    place: string,
    fields: Readonly<Record<string, FieldSpec>> | undefined,
    source: OpenSource,
  ): void => {
    for (const [name, { column }] of Object.entries(fields ?? {})) add(`${place}.fields.${name}`, column, source);
  };
  const { time } = interactions;
  add('interactions.user', interactions.user, sources.interactions);
  add('interactions.item', interactions.item, sources.interactions);
  add('interactions.time', typeof time === 'object' && 'column' in time ? time.column : time, sources.interactions);
  addFields('interactions', interactions.fields, sources.interactions);
  if (items !== undefined && sources.items !== undefined) {
    add('items.id', items.id, sources.items);
    add('items.name', items.name, sources.items);
    addFields('items', items.fields, sources.items);
  }
  if (users !== undefined && sources.users !== undefined) {
    add('users.id', users.id, sources.users);
    addFields('users', users.fields, sources.users);
  }
  return found;
}
