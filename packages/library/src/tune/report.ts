// The report of a tuning: tables, curves and sentences from its results, and the configuration that was chosen.
import type { RunConfig } from '@difsr/training';
import { stringify } from 'yaml';
import { dataLine, fixed, overSeeds, title, valuesText, WHOLE } from '../jobs/words.js';
import type { DataFacts } from '../jobs/types.js';
import type { Block, Document } from '../page/document.js';
import { lineChart, type Line } from '../page/line-chart.js';
import { atTheEdge, dimensionText, spaceSize } from './space.js';
import type { FinalistResult, RungResult, TrialResult, TuneSpecification } from './types.js';

/** What a report is written from. */
export interface TuneReportInput {
  readonly specification: TuneSpecification;
  readonly data: DataFacts;
  readonly trials: readonly TrialResult[];
  readonly rungs: readonly RungResult[];
  readonly finalists: readonly FinalistResult[];
}

/** Trials whose curves have a name of their own; those of the others are told apart by where they fell. */
const MOST_NAMED = 6;

/** The whole report. */
export function tuningReport(input: TuneReportInput): Document {
  const { specification, data } = input;
  return {
    title: `Tuning of ${specification.model.label} on ${data.label}`,
    blocks: [
      ...opening(input),
      ...chosen(input),
      ...table(input),
      ...halving(input),
      ...curves(input),
      ...searched(input),
    ],
  };
}

function opening({ specification, data, trials }: TuneReportInput): Block[] {
  const { metric, rungs, seed } = specification;
  const failed = trials.filter(({ outcome }) => outcome === 'failed');
  return [
    { kind: 'paragraph', text: dataLine(data) },
    {
      kind: 'paragraph',
      text: `${trials.length} trials with seed ${seed}, judged by validation ${title(metric)} after ${rungs.join(', ')} epochs. Test targets were not ranked, for any run: they say how good the chosen configuration is, once it is trained.`,
    },
    {
      kind: 'paragraph',
      text: 'The figures of the chosen trial are optimistic: it was chosen because they are the highest on these validation targets, and part of that is chance.',
    },
    ...(failed.length === 0
      ? []
      : ([
          { kind: 'paragraph', text: `${failed.length} of them failed and are out:` },
          {
            kind: 'list',
            items: failed.map(
              ({ number, values, failure = '' }) => `trial ${number} (${valuesText(values)}): ${failure}`,
            ),
          },
        ] as const)),
  ];
}

function chosen({ specification, trials, finalists }: TuneReportInput): Block[] {
  const { metric, space, seed, seeds } = specification;
  const [best] = finalists;
  const trial = trials.find(({ number }) => number === best?.trial);
  if (best === undefined || trial === undefined)
    return [{ kind: 'paragraph', text: 'No trial came to the last rung: nothing is chosen.' }];
  const edge = atTheEdge(space, trial.values);
  return [
    { kind: 'heading', level: 2, text: `Chosen: trial ${best.trial}` },
    {
      kind: 'table',
      rows: [
        ['option', 'value', 'searched'],
        ...Object.entries(space).map(([name, dimension]) => [
          name,
          String(trial.values[name]),
          dimensionText(dimension),
        ]),
      ],
    },
    {
      kind: 'paragraph',
      text: `Validation ${title(metric)} ${fixed(trial.value)}, best epoch ${trial.bestEpoch ?? '-'} of ${trial.epochs}. best.yaml has the whole configuration.`,
    },
    ...(edge.length === 0
      ? []
      : [
          {
            kind: 'paragraph',
            text: `At the end of what was searched: ${edge.join(', ')}. Better values may lie beyond.`,
          } as const,
        ]),
    ...(seeds === 1
      ? []
      : ([
          {
            kind: 'table',
            rows: [
              ['finalist', 'values', `valid ${title(metric)}, mean over seeds`, 'by seed'],
              ...finalists.map((each) => [
                `trial ${each.trial}`,
                valuesText(trials.find(({ number }) => number === each.trial)?.values ?? {}),
                overSeeds({ mean: each.mean, margin: each.margin, seeds: each.seeds.length }),
                each.seeds.map(({ seed: own, value }) => `${own}: ${fixed(value)}`).join(', '),
              ]),
            ],
          },
          {
            kind: 'paragraph',
            text: `±: half the width of the 95 % t-interval over seeds. Seed ${seed} is the one of the search, with which the finalists were picked: it favours them in the mean. The other seeds do not, but they are ranked on the same targets.`,
          },
        ] as const)),
  ];
}

function table({ specification, trials, finalists }: TuneReportInput): Block[] {
  const { metric, rungs } = specification;
  const best = finalists[0]?.trial;
  const ended = ({ outcome, rung, number }: TrialResult): string => {
    if (number === best) return 'chosen';
    if (outcome === 'failed') return 'failed';
    return outcome === 'kept' ? 'in the last rung' : `out after ${rungs[rung - 1] ?? ''}`;
  };
  return [
    { kind: 'heading', level: 2, text: 'Trials' },
    {
      kind: 'table',
      rows: [
        ['trial', 'values', `valid ${title(metric)}`, 'best epoch', 'epochs', 'parameters', 'seconds', ''],
        ...trials.map((trial) => [
          String(trial.number),
          valuesText(trial.values),
          fixed(trial.value),
          trial.bestEpoch === undefined ? '-' : String(trial.bestEpoch),
          String(trial.epochs),
          trial.parameters ? WHOLE.format(trial.parameters) : '-',
          trial.seconds === undefined ? '-' : trial.seconds.toFixed(1),
          ended(trial),
        ]),
      ],
    },
    {
      kind: 'paragraph',
      text: `The highest validation ${title(metric)} up to the rung that a trial got to; those of different rungs were trained for different numbers of epochs and cannot be compared. A trial that stopped early has fewer epochs than its rung. Seconds are of training and validation.`,
    },
  ];
}

function halving({ specification, rungs }: TuneReportInput): Block[] {
  const { factor } = specification;
  return [
    { kind: 'heading', level: 2, text: 'Rungs' },
    {
      kind: 'table',
      rows: [
        ['epochs', 'trained', 'failed', 'went on'],
        ...rungs.map(({ epochs, entered, failed, kept }, at) => [
          String(epochs),
          String(entered.length),
          String(failed.length),
          at === specification.rungs.length - 1 ? `${kept.length} to choose from` : String(kept.length),
        ]),
      ],
    },
    {
      kind: 'paragraph',
      text: `Successive halving: after each rung one in ${factor} goes on, the best by then. Every trial is trained under the schedule of all ${specification.rungs.at(-1) ?? 0} epochs and pauses at a rung, so nothing is trained twice, and a trial that gets to the end is what a training without pauses gives. Trials that start slowly may be lost on the way.`,
    },
  ];
}

function curves({ specification, trials }: TuneReportInput): Block[] {
  const { metric, rungs } = specification;
  const own = trials.filter(({ curve }) => curve.length > 0);
  if (own.length === 0) return [];
  const named = new Set(
    own
      .filter(({ outcome }) => outcome === 'kept')
      .slice(0, MOST_NAMED)
      .map(({ number }) => number),
  );
  const nameOf = ({ number, rung, outcome }: TrialResult): string => {
    if (named.has(number)) return `trial ${number}`;
    if (outcome === 'failed') return 'failed';
    return outcome === 'kept' ? 'others in the last rung' : `out after ${rungs[rung - 1] ?? ''}`;
  };
  const lines = own.map((trial): Line => ({
    name: nameOf(trial),
    points: trial.curve.flatMap(({ epoch, valid }) => (Number.isFinite(valid) ? [{ x: epoch, y: valid }] : [])),
  }));
  return [
    {
      kind: 'figure',
      title: 'Learning curves',
      svg: lineChart(lines, { x: 'epoch', y: `validation ${title(metric)}` }),
      caption: `Validation ${title(metric)} after each epoch, a line for each trial.`,
    },
  ];
}

function searched({ specification, trials }: TuneReportInput): Block[] {
  const { space, seed } = specification;
  const size = spaceSize(space);
  return [
    { kind: 'heading', level: 2, text: 'The space' },
    {
      kind: 'list',
      items: Object.entries(space).map(([name, dimension]) => `${name}: ${dimensionText(dimension)}`),
    },
    {
      kind: 'paragraph',
      text:
        size === trials.length
          ? `All ${size} configurations of it were tried.`
          : `${trials.length} configurations were drawn with seed ${seed}, no two alike${Number.isFinite(size) ? `, of ${WHOLE.format(size)}` : ''}. The same seed draws the same ones, and more trials keep these.`,
    },
  ];
}

/**
 * The chosen configuration as a file for `difsr train --config`: everything that results depend on, and where the data is.
 *
 * @param modelName The model, or the file of one of one's own.
 * @param said What is said at its top.
 */
export function configurationFile(
  { data, model, training, pretraining, distillation, evaluation }: RunConfig,
  {
    preset,
    modelName,
    said,
  }: { readonly preset: string | undefined; readonly modelName: string; readonly said: readonly string[] },
): string {
  const { test: _, ...evaluated } = evaluation; // the training that follows may see the test targets
  const values = {
    ...(preset === undefined ? {} : { preset }),
    data,
    model: { ...model, name: modelName },
    training,
    ...(pretraining === undefined ? {} : { pretraining }),
    ...(distillation === undefined ? {} : { distillation }),
    evaluation: evaluated,
  };
  return `${said.map((line) => `# ${line}\n`).join('')}${stringify(values)}`;
}
