// What was inferred about files, and what became of their rows, as lines of text.
import { say } from '@difsr/errors';
import { basename } from 'node:path';
import type { ColumnFinding, Findings } from '@difsr/prepare';
import type { PreparedDataset, RawPreparedEvent } from '@difsr/library';
import { commandLine } from '../command-line.js';
import { reportLines } from './report.js';
import { table, whole } from './table.js';
import type { Terminal } from './terminal.js';
import { typed } from '../typed.js';

/** Characters of a reason and of examples that are shown. */
const MOST_WHY = 64;
const MOST_EXAMPLES = 36;
/** Columns that cannot serve, with the reason: the rest is named. */
const MOST_UNUSED = 12;

/** Shows what every column was taken for, and why. */
export function showFindings(terminal: Terminal, { columns, report }: Findings): void {
  for (const { what, why, cure } of report)
    terminal.line(terminal.style('dim', `${what}: ${why}${cure === undefined ? '' : `; ${say(cure, typed)}`}`));
  const used = columns.filter(({ role }) => role !== 'unused');
  const unused = columns.filter(({ role }) => role === 'unused');
  terminal.line();
  const rows = used.map((column) => [
    `${column.source}.${column.column}`,
    roleOf(column),
    shortened(column.examples.join(' | '), MOST_EXAMPLES),
    shortened(column.why, MOST_WHY),
  ]);
  const lines = table([['column', 'taken as', 'examples', 'because'], ...rows], ['left', 'left', 'left', 'left']);
  for (const [index, line] of lines.entries()) terminal.line(index === 0 ? terminal.style('bold', line) : line);
  for (const { source, column, why } of unused.slice(0, MOST_UNUSED))
    terminal.line(terminal.style('dim', `not used: ${source}.${column}: ${shortened(why, MOST_WHY)}`));
  const more = unused.slice(MOST_UNUSED).map(({ source, column }) => `${source}.${column}`);
  if (more.length > 0) terminal.line(terminal.style('dim', `not used: ${more.join(', ')}`));
}

/** Shows that raw files were prepared on the way to training, and what was inferred. */
export function showPreparedRaw(terminal: Terminal, { path, findings, folder, reused }: RawPreparedEvent): void {
  terminal.value({ kind: 'prepared', path, folder, reused, ...(findings === undefined ? {} : { findings }) });
  if (findings !== undefined) showFindings(terminal, findings);
  terminal.line();
  const how = reused ? 'nothing has changed: the data set in the cache is used' : 'prepared, and kept in the cache';
  const again = commandLine('data', 'prepare', path);
  terminal.line(terminal.style('dim', `${how} (${folder}); ${again} writes a description to edit`));
}

function roleOf({ role, kind }: ColumnFinding): string {
  return role === 'field' ? (kind ?? role) : role;
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** Shows counts, what every step dropped, and where unusable rows are. */
export function showPrepared(terminal: Terminal, { manifest, out, quarantine }: PreparedDataset): void {
  const { name, counts, steps, fields, quarantined } = manifest;
  terminal.line(
    `${terminal.style('bold', name)}: ${whole(counts.users)} users, ${whole(counts.items)} items, ${whole(counts.interactions)} interactions (training ${whole(counts.train)}${counts.context > 0 ? `, history alone ${whole(counts.context)}` : ''}, validation ${whole(counts.valid)}, test ${whole(counts.test)})`,
  );
  const sides = fields.map(({ name: field, owner, kind, values }) =>
    values === undefined ? `${owner} ${field} (${kind})` : `${owner} ${field} (${whole(values)})`,
  );
  terminal.line(`fields: ${sides.length === 0 ? 'none' : sides.join(', ')}`);
  const rows = steps.map(({ step, dropped, left, why }) => [
    step,
    whole(dropped),
    whole(left),
    shortened(why, MOST_WHY),
  ]);
  terminal.line();
  for (const line of table([['step', 'dropped', 'left', ''], ...rows], ['left', 'right', 'right', 'left']))
    terminal.line(line);
  if (quarantine !== undefined) {
    terminal.line();
    terminal.line(
      terminal.style(
        'yellow',
        `set aside: ${whole(quarantined)} ${quarantined === 1 ? 'row that' : 'rows that'} cannot be used, in ${quarantine} with place, value and cure`,
      ),
    );
  }
  // What was inferred has been shown before the work.
  const told = manifest.report.filter(({ kind }) => kind !== 'inferred');
  if (told.length > 0) terminal.line();
  for (const line of reportLines(told)) terminal.line(terminal.style('dim', line));
  const size = Object.values(manifest.files).reduce((sum, { bytes }) => sum + bytes, 0);
  terminal.line();
  terminal.line(
    `written: ${out} (${Object.keys(manifest.files).length} files, ${whole(Math.ceil(size / 1000))} kB; ${basename(out)}/dataset.json says how it came about)`,
  );
}
