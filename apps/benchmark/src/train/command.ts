// difsr-bench train: seconds of an epoch and of a step, beside the plain step, and how near both come to the floor.
import type { Command } from 'commander';
import type { ExitCode } from '../errors.js';
import { numberOf } from '../options.js';
import { runMeasured } from '../workload/command.js';
import { addShared, helpText, type SharedOptions } from '../workload/options.js';
import { trainPlans } from './candidates.js';

interface TrainOptions extends SharedOptions {
  readonly epochs: number;
  readonly steps?: number;
}

const ROUNDS = 7;
const METHOD = [
  'A round visits every candidate once, in an order that changes, and the large product of every engine; a visit trains so many steps, with two under way as `difsr train` has them. Evaluation and checkpoints are not in it.',
  'All candidates train the same steps (batches, dropout masks, learning rates) from the same weights; their first loss and gradient agree before any is timed.',
  'The floor is the arithmetic of the matrix products of the visit, counted on the graph that runs, at the rate of the large product in the same round.',
  'A step is timed from the end of the step before. The longest pause is that of the thread that calls, which ONNX Runtime in its worker should not hold up.',
] as const;

/** Declares the command; `done` receives its exit code, `args` are for the report. */
export function addTrain(program: Command, done: (code: ExitCode) => void, args: readonly string[]): void {
  const command = program
    .command('train')
    .description('time epochs and steps of training, and compare them with their floor');
  addShared(command, ROUNDS)
    .option('--epochs <n>', 'epochs of a visit', numberOf(1, 1000), 1)
    .option('--steps <n>', 'steps of a visit, instead of whole epochs', numberOf(1, 1_000_000))
    .addHelpText(
      'after',
      helpText(
        ['A visit trains whole epochs, or so many steps where epochs take minutes.'],
        [
          'train --quick',
          'train --data data/shop --steps 30',
          'train --backends onnxruntime,tfjs --rounds 9 --compare before/result.json',
        ],
      ),
    )
    .action(async (options: TrainOptions) => done(await trainCommand(options, args)));
}

function trainCommand(options: TrainOptions, args: readonly string[]): Promise<ExitCode> {
  return runMeasured(options, {
    name: 'train',
    args,
    rounds: ROUNDS,
    place: 'worker',
    method: METHOD,
    work: { epochs: options.steps === undefined ? options.epochs : 0, steps: options.steps ?? 0 },
    measures: async ({ workload, opened, signal, progress, contest }) => {
      const { steps } = workload;
      const stepsPerVisit = options.steps ?? options.epochs * steps.stepsPerEpoch;
      const onStep = (candidate: string, step: number): void =>
        progress.draw(`${candidate}: step ${step} of ${stepsPerVisit}`);
      const title = `${stepsPerVisit} ${stepsPerVisit === 1 ? 'step' : 'steps'} of training (an epoch has ${steps.stepsPerEpoch})`;
      const plans = trainPlans(opened, { steps, stepsPerVisit, signal, onStep }, options.plain);
      return [await contest(plans, { name: 'training', title })];
    },
  });
}
