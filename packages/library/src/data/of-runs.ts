// Errors of preparing name options of a preparation; a run has its own for some of them, and for the others one has to prepare first.
import { DataError, type Finding, type LoadReport } from '@difsr/data';
import {
  call,
  type ConfigOption,
  joined,
  type OptionName,
  optionsIn,
  type PlainOption,
  retold,
  type Text,
} from '@difsr/errors';

/** Options that are a preparation's alone. */
type PreparationOption = Extract<
  PlainOption,
  `columns.${string}` | `filters.${string}` | 'items' | 'itemMin' | 'raw' | 'userMin' | 'users'
>;

/** What a run calls the same; undefined where it has no such option. */
const OF_RUNS: { readonly [O in PreparationOption]: ConfigOption | undefined } = {
  'columns.user': 'data.userColumn',
  'columns.item': 'data.itemColumn',
  'columns.time': 'data.timeColumn',
  'filters.userMin': 'data.userMin',
  'filters.itemMin': 'data.itemMin',
  'filters.interactions': undefined,
  'columns.timeFormat': undefined,
  'columns.zone': undefined,
  'columns.decimal': undefined,
  items: undefined,
  raw: undefined,
  users: undefined,
  userMin: 'data.userMin',
  itemMin: 'data.itemMin',
};

function isOfPreparation(option: OptionName): option is PreparationOption {
  return Object.hasOwn(OF_RUNS, option);
}

/** What a run calls an option of `openDataset`: mostly the same, in its section of data. */
export function optionOfRuns(option: string): string {
  return Object.entries(OF_RUNS).find(([name]) => name === option)?.[1] ?? `data.${option}`;
}

/** The same error for whoever configures a run on the data of `path`. */
export function inTermsOfRuns(error: unknown, path: string): unknown {
  if (!(error instanceof DataError)) return error;
  const problems = error.problems.map((problem) => ({
    ...problem,
    message: ofRuns(problem.message),
    cure: cureOf(problem.cure, path),
  }));
  return new DataError(problems, error.total);
}

/** What a report says may be changed, for whoever configures a run. */
export function reportOfRuns(report: LoadReport, path: string): LoadReport {
  return report.map((entry) => (entry.cure === undefined ? entry : { ...entry, cure: cureOf(entry.cure, path) }));
}

/** What a finding advises, for whoever configures a run. */
export function findingsOfRuns(findings: readonly Finding[], path: string): Finding[] {
  return findings.map((finding) => ({ ...finding, cure: cureOf(finding.cure, path) }));
}

/** A cure with what only a preparation can do, and the preparation. */
function cureOf(cure: Text, path: string): Text {
  const alone = optionsIn(cure).some((option) => isOfPreparation(option) && OF_RUNS[option] === undefined);
  const own = ofRuns(cure);
  return alone ? joined([own, ', of ', call('prepare', [path]), ', and train on what it writes']) : own;
}

function ofRuns(sentence: Text): Text {
  return retold(sentence, (each) => ({
    ...each,
    option: isOfPreparation(each.option) ? (OF_RUNS[each.option] ?? each.option) : each.option,
  }));
}
