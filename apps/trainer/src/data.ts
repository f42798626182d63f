// From a run's data configuration to a data set, and what loading did in a few lines.
import {
  DataError,
  leaveOneOut,
  loadDataset,
  type Dataset,
  type LoadOptions,
  type LoadReport,
  type ReportKind,
} from '@difsr/data';
import type { DataConfig } from '@difsr/training';
import { whole } from './output/table.js';
import type { Terminal } from './output/terminal.js';

/** Report lines that are shown. */
const MOST_LINES = 10;

/** Loads the data set of a configuration. @throws DataError */
export async function loadData(config: DataConfig): Promise<Dataset> {
  const {
    path,
    format,
    fields,
    userMin,
    itemMin,
    categoryText,
    userColumn: user,
    itemColumn: item,
    timeColumn: time,
  } = config;
  const options: LoadOptions = {
    ...withoutUndefined({ format, fields, userMin, itemMin, categoryText }),
    columns: withoutUndefined({ user, item, time }),
  };
  return loadDataset(path, options);
}

/**
 * Loads the data set of an existing run, from another place if one is given.
 *
 * @throws DataError that mentions --data where the files are gone.
 */
export async function loadRunData(config: DataConfig, moved: string | undefined): Promise<Dataset> {
  try {
    return await loadData(moved === undefined ? config : { ...config, path: moved });
  } catch (error) {
    const [problem, second] = error instanceof DataError ? error.problems : [];
    const gone =
      problem !== undefined && second === undefined && /^(no such file|there is no folder)/.test(problem.message);
    if (!gone) throw error;
    throw new DataError([
      { ...problem, cure: `${problem.cure.replace(/\?$/, '')}; name the place of the run's data set with --data PATH` },
    ]);
  }
}

/** Checks that a data set can be trained on and validated. @throws DataError */
export function requireTrainable(dataset: Dataset, path: string): void {
  const { valid } = leaveOneOut(dataset);
  if (valid.targets.length > 0) return;
  const longest = dataset.sequences.offsets.reduce(
    (most, end, i, offsets) => Math.max(most, i === 0 ? 0 : end - (offsets[i - 1] ?? 0)),
    0,
  );
  throw new DataError([
    {
      file: path,
      message: `no user has the 4 interactions that training, validation and test need together (the most is ${longest}, over ${dataset.users.size - 1} users)`,
      cure: 'use data with longer histories, or check which column is the user',
    },
  ]);
}

/** The same object without keys whose value is undefined (exactOptionalPropertyTypes tells the two apart). */
function withoutUndefined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  // Keys with undefined are gone, which Object.fromEntries cannot express in its type.
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** Says what was loaded, and everything that was dropped, inferred or noticed. */
export function showData(terminal: Terminal, dataset: Dataset): void {
  const { name, format, users, items, sequences, fields, report } = dataset;
  terminal.value({
    kind: 'data',
    name,
    format,
    users: users.size - 1,
    items: items.size - 1,
    interactions: sequences.items.length,
    fields: Object.fromEntries(fields.map((field) => [field.name, field.vocabulary.size - 1])),
    report,
  });
  const sides =
    fields.map((field) => `${field.name} (${whole(field.vocabulary.size - 1)} values)`).join(', ') || 'none';
  terminal.line(
    `${terminal.style('bold', name)} (${format}): ${whole(users.size - 1)} users, ${whole(items.size - 1)} items, ${whole(sequences.items.length)} interactions; side information: ${sides}`,
  );
  for (const line of reportLines(report)) terminal.line(terminal.style('dim', `  ${line}`));
}

/** A load report as lines: drops first, then what was inferred, then notes. */
export function reportLines(report: LoadReport): string[] {
  const order: Readonly<Record<ReportKind, number>> = { dropped: 0, inferred: 1, noted: 2 };
  const sorted = report.toSorted((a, b) => order[a.kind] - order[b.kind]);
  const lines = sorted
    .slice(0, MOST_LINES)
    .map(({ kind, what, count, why }) => `${kind}: ${what}${count > 0 ? ` (${whole(count)})` : ''}: ${why}`);
  if (sorted.length > lines.length)
    lines.push(`and ${sorted.length - lines.length} more; difsr data stats PATH --json has all`);
  return lines;
}
