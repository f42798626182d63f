// One object per record: a line of JSON, an element of a JSON array, or a Python dictionary literal that becomes JSON on the way.
// Where an object has a key twice, the first counts.
import { duckDb } from '../engine/duckdb.js';
import { stat } from 'node:fs/promises';
import type { Engine } from '../engine/engine.js';
import { sqlName, sqlText } from '../engine/quote.js';
import { DataError, parseJson, type ReportEntry } from '@difsr/data';
import { fileName } from '@difsr/data/internal';
import { arrayElements } from './json-array.js';
import { lineRelations } from './lines.js';
import { pythonToJson } from './python.js';
import { freshName, MOST_COLUMNS, type SourceReader } from './reader.js';
import type { OpenOptions, OpenSource, SourceColumn } from './source.js';
import { spool } from './spool.js';

/** Records that tell which columns there are. */
const SAMPLE = 20_000;

/** Opens JSON lines. */
export const openJsonLines: SourceReader = async (spec, files, options) => {
  const { relations, bytes } = await lineRelations(spec, files, options);
  const open = await openObjects(`SELECT *, _raw AS _json FROM (${relations.join(' UNION ALL ')})`, files, options);
  return { ...open, files, bytes, spec: { ...spec, format: 'jsonl' } };
};

/** Opens files that hold one array of objects. */
export const openJsonArray: SourceReader = async (spec, files, options) => {
  const parts: string[] = [];
  let bytes = 0;
  for (const [index, file] of files.entries()) {
    const elements = arrayElements(file, spec.encoding === 'latin1', options.signal);
    const { sql, records } = await spool(options.engine, elements);
    // Elements may share a line, so their place is counted, in the order in which they were written.
    if (records > 0)
      parts.push(
        `SELECT ${index} AS _file, _line, row_number() OVER () - 1 AS _row, _raw, _problem, _raw AS _json FROM (${sql})`,
      );
    bytes += (await stat(file)).size;
  }
  if (parts.length === 0) throw empty(files[0] ?? 'source');
  const open = await openObjects(parts.join(' UNION ALL '), files, options);
  return { ...open, files, bytes, spec: { ...spec, format: 'json' } };
};

function empty(file: string): DataError {
  const cure = 'check that this is the right file';
  return new DataError([{ file, message: 'holds no interactions: it is empty', cure }]);
}

/** Opens lines of Python dictionary literals. */
export const openPython: SourceReader = async (spec, files, options) => {
  registerPython(options.engine);
  const { relations, bytes } = await lineRelations(spec, files, options);
  const open = await openObjects(
    `SELECT *, CASE WHEN _problem IS NULL THEN python_json(_raw) END AS _json FROM (${relations.join(' UNION ALL ')})`,
    files,
    options,
  );
  return { ...open, files, bytes, spec: { ...spec, format: 'python' } };
};

/** A view with a column per key over rows of JSON text in `_json`. */
async function openObjects(
  texts: string,
  files: readonly string[],
  { engine, wanted = [] }: OpenOptions,
): Promise<Pick<OpenSource, 'columns' | 'relation' | 'report'>> {
  // Step by step, because AND does not keep the engine from taking the right side first, and JSON functions fail on what is no JSON.
  const valid = `SELECT * EXCLUDE (_json), CASE WHEN _problem IS NULL AND json_valid(_json) THEN _json END AS _valid FROM (${texts})`;
  const rows = `SELECT * EXCLUDE (_valid), CASE WHEN json_type(_valid) = 'OBJECT' THEN _valid END AS _json FROM (${valid})`;
  const kinds = new Map<string, 'text' | 'json'>();
  const numbers = new Set<string>();
  let objects = 0;
  for await (const chunk of engine.chunks(`SELECT _json FROM (${rows}) LIMIT ${SAMPLE}`)) {
    for (const json of chunk.getColumnValues(0)) {
      const object = typeof json === 'string' ? parseObject(json) : undefined;
      if (object === undefined) continue;
      objects++;
      for (const [key, value] of Object.entries(object)) {
        const nested = typeof value === 'object' && value !== null;
        if (nested || !kinds.has(key)) kinds.set(key, nested ? 'json' : 'text');
        if (typeof value === 'number') numbers.add(key);
      }
    }
  }
  // A key that somebody asks for may first occur later; what it holds is then found by looking for it.
  for (const name of wanted)
    if (!kinds.has(name) && objects > 0) {
      const [seen] = await engine.rows(
        `SELECT type FROM (SELECT json_type(_json, ${sqlText(pointer(name))}) AS type FROM (${rows})) WHERE type <> 'NULL' LIMIT 1`,
      );
      if (seen !== undefined) kinds.set(name, seen['type'] === 'ARRAY' || seen['type'] === 'OBJECT' ? 'json' : 'text');
    }
  // SQL names do not tell upper from lower case, are not empty and hold no NUL.
  const names = new Set<string>();
  const columns: SourceColumn[] = [];
  const left: string[] = [];
  for (const [name, type] of kinds) {
    const lower = name.toLowerCase();
    if (
      /^(_(file|row|line|problem|raw|json|ok))?$/.test(lower) ||
      name.includes('\0') ||
      names.has(lower) ||
      (columns.length >= MOST_COLUMNS && !wanted.includes(name))
    ) {
      left.push(name);
      continue;
    }
    names.add(lower);
    columns.push({ name, type, ...(type === 'text' && numbers.has(name) ? { numbers: true } : {}) });
  }
  const report: ReportEntry[] =
    left.length === 0
      ? []
      : [
          {
            kind: 'noted',
            what: `keys of ${fileName(files[0] ?? 'source')} that cannot be columns: ${left
              .slice(0, 5)
              .map((name) => JSON.stringify(name))
              .join(', ')}${left.length > 5 ? ', ..' : ''}`,
            count: left.length,
            why: `they are empty, differ from another in upper and lower case alone, are names that the reader uses itself, or are more than ${MOST_COLUMNS}`,
          },
        ];
  if (objects === 0 && kinds.size === 0) {
    const [any] = await engine.rows(
      `SELECT CAST(_line AS INTEGER) AS line, left(_raw, 100) AS raw FROM (${rows}) LIMIT 1`,
    );
    const file = files[0] ?? 'source';
    if (any === undefined) throw empty(file);
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
  const selected = columns.map(({ name, type }) => {
    const path = sqlText(pointer(name));
    const value = type === 'text' ? `nullif(_json ->> ${path}, '')` : `nullif(json_extract(_json, ${path}), 'null')`;
    return `, ${value} AS ${sqlName(name)}`;
  });
  const view = freshName('objects');
  await engine.run(
    `CREATE VIEW ${view} AS SELECT _file, _row, _line, CASE WHEN _problem IS NOT NULL THEN _problem WHEN _json IS NULL THEN 'json' END AS _problem, _raw${selected.join('')} FROM (${rows})`,
  );
  return { columns, relation: view, report };
}

/** JSON pointer of a key. */
function pointer(key: string): string {
  return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function parseObject(json: string): object | undefined {
  try {
    const value = parseJson(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const registered = new WeakSet<Engine['connection']>();

/** `python_json(text)`: NULL where the text is no literal. */
function registerPython(engine: Engine): void {
  if (registered.has(engine.connection)) return;
  registered.add(engine.connection);
  engine.connection.registerScalarFunction(
    duckDb().DuckDBScalarFunction.create({
      name: 'python_json',
      parameterTypes: [duckDb().VARCHAR],
      returnType: duckDb().VARCHAR,
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
