// One object per line: JSON, or a Python dictionary literal that becomes JSON on the way.
import { DuckDBScalarFunction, VARCHAR } from '@duckdb/node-api';
import type { Engine } from '../engine/engine.js';
import { sqlName, sqlText } from '../engine/quote.js';
import { DataError } from '../errors.js';
import { fileName } from '../raw.js';
import { lineRelation } from './lines.js';
import { pythonToJson } from './python.js';
import { freshName, type SourceReader } from './reader.js';
import type { OpenOptions, OpenSource, SourceColumn } from './source.js';

/** Records that tell which columns there are. */
const SAMPLE = 20_000;

/** Opens JSON lines. */
export const openJsonLines: SourceReader = async (spec, files, options) => {
  const { relation, bytes } = await lineRelation(spec, files, options);
  const open = await openObjects(`SELECT *, _raw AS _json FROM ${relation}`, files, options);
  return { ...open, files, bytes, spec: { ...spec, format: 'jsonl' } };
};

/** Opens lines of Python dictionary literals. */
export const openPython: SourceReader = async (spec, files, options) => {
  registerPython(options.engine);
  const { relation, bytes } = await lineRelation(spec, files, options);
  const open = await openObjects(
    `SELECT *, CASE WHEN _problem IS NULL THEN python_json(_raw) END AS _json FROM ${relation}`,
    files,
    options,
  );
  return { ...open, files, bytes, spec: { ...spec, format: 'python' } };
};

/** A view with a column per key over rows of JSON text in `_json`. */
async function openObjects(
  rows: string,
  files: readonly string[],
  { engine, wanted = [] }: OpenOptions,
): Promise<Pick<OpenSource, 'columns' | 'relation' | 'report'>> {
  const kinds = new Map<string, 'text' | 'json'>();
  let objects = 0;
  for await (const chunk of engine.chunks(`SELECT _json FROM (${rows}) WHERE _problem IS NULL LIMIT ${SAMPLE}`)) {
    for (const json of chunk.getColumnValues(0)) {
      const object = typeof json === 'string' ? parseObject(json) : undefined;
      if (object === undefined) continue;
      objects++;
      for (const [key, value] of Object.entries(object)) {
        const nested = typeof value === 'object' && value !== null;
        if (nested || !kinds.has(key)) kinds.set(key, nested ? 'json' : 'text');
      }
    }
  }
  // A key that somebody asks for may first occur later; what it holds is then found by looking for it.
  for (const name of wanted)
    if (!kinds.has(name) && objects > 0) {
      const [seen] = await engine.rows(
        `SELECT json_type(_json, ${sqlText(pointer(name))}) AS type FROM (${rows}) WHERE _problem IS NULL AND json_valid(_json) AND json_type(_json, ${sqlText(pointer(name))}) <> 'NULL' LIMIT 1`,
      );
      if (seen !== undefined) kinds.set(name, seen['type'] === 'ARRAY' || seen['type'] === 'OBJECT' ? 'json' : 'text');
    }
  const reserved = [...kinds.keys()].filter(
    (name) => /^_(file|row|line|problem|raw|json)$/.test(name) || name.includes('\0'),
  );
  for (const name of reserved) kinds.delete(name);
  // SQL names do not tell upper from lower case.
  const names = new Set<string>();
  const columns: SourceColumn[] = [];
  for (const [name, type] of kinds) {
    if (names.has(name.toLowerCase())) continue;
    names.add(name.toLowerCase());
    columns.push({ name, type });
  }
  if (objects === 0 && kinds.size === 0) {
    const [any] = await engine.rows(
      `SELECT CAST(_line AS INTEGER) AS line, left(_raw, 100) AS raw FROM (${rows}) LIMIT 1`,
    );
    const file = files[0] ?? 'source';
    if (any === undefined)
      throw new DataError([
        { file, message: 'holds no interactions: it is empty', cure: 'check that this is the right file' },
      ]);
    throw new DataError([
      {
        file,
        line: Number(any['line']),
        value: String(any['raw']),
        message: 'is not an object of JSON, nor is any line',
        cure: `check the form of ${fileName(file)}, or name it with format:`,
      },
    ]);
  }
  const valid = `_problem IS NULL AND _json IS NOT NULL AND json_valid(_json) AND json_type(_json) = 'OBJECT'`;
  const selected = columns.map(({ name, type }) => {
    const path = sqlText(pointer(name));
    const value = type === 'text' ? `nullif(_json ->> ${path}, '')` : `nullif(json_extract(_json, ${path}), 'null')`;
    return `CASE WHEN _ok THEN ${value} END AS ${sqlName(name)}`;
  });
  const view = freshName('objects');
  await engine.run(
    `CREATE VIEW ${view} AS SELECT _file, _row, _line, CASE WHEN _problem IS NOT NULL THEN _problem WHEN NOT _ok THEN 'json' END AS _problem, _raw${selected.map((column) => `, ${column}`).join('')} FROM (SELECT *, coalesce(${valid}, false) AS _ok FROM (${rows}))`,
  );
  return { columns, relation: view, report: [] };
}

/** JSON pointer of a key. */
function pointer(key: string): string {
  return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function parseObject(json: string): object | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const registered = new WeakSet<Engine>();

/** `python_json(text)`: NULL where the text is no literal. */
function registerPython(engine: Engine): void {
  if (registered.has(engine)) return;
  registered.add(engine);
  engine.connection.registerScalarFunction(
    DuckDBScalarFunction.create({
      name: 'python_json',
      parameterTypes: [VARCHAR],
      returnType: VARCHAR,
      mainFunction: (_info, input, output) => {
        const cells = input.getColumnVector(0);
        for (let row = 0; row < input.rowCount; row++) {
          const cell = cells.getItem(row);
          output.setItem(row, typeof cell === 'string' ? (pythonToJson(cell) ?? null) : null);
        }
        output.flush();
      },
    }),
  );
}
