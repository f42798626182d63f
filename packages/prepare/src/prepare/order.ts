// The order of the prepared form: the one sort of the whole log. What is needed of users and items later stands in its rows, so that parts and
// files follow from one scan of it, in order, without another sort or join.
import type { Engine } from '../engine/engine.js';
import type { NumberedLogField } from './numbering.js';
import type { Draws } from './parts.js';

/**
 * Makes `final (user, item, t, pos, n, begins, draw, f0..)` out of `coded`, which is dropped: rows by user, time, file and row; `n` is the
 * length of the user's sequence, `begins` its first row.
 */
export async function orderLog(engine: Engine, fields: readonly NumberedLogField[], draws?: Draws): Promise<void> {
  const columns = [
    'user_ids.id AS "user"',
    'item_ids.id AS item',
    't',
    'pos',
    'n',
    'begins',
    ...(draws === undefined ? [] : ['draws.draw AS draw']),
    ...fields.map(({ select }, index) => `${select} AS f${index}`),
  ];
  const joins = [
    'JOIN user_ids ON user_ids.code = coded.u',
    'JOIN item_ids ON item_ids.code = coded.i',
    ...(draws === undefined ? [] : [`JOIN draws ON draws.id = ${draws.of}.id`]),
    ...fields.map(({ join }) => join),
  ];
  await engine.run(
    `CREATE TABLE final AS SELECT ${columns.join(', ')} FROM coded ${joins.join(' ')} ORDER BY user_ids.id, t, pos`,
  );
  await engine.run('DROP TABLE coded');
}
