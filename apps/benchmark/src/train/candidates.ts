// The candidates of `difsr-bench train`: each trains the same steps from the same start, on its engine.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { trainingStep, type Graph, type HostTensor, type TrainingStep, type TrainingStepOptions } from '@difsr/graph';
import { Owned } from '@difsr/models';
import { Stepper, type FedStep, type TrainingSteps } from '@difsr/training';
import type { OpenBackend } from '../engine/open.js';
import { operations } from '../measure/arithmetic.js';
import type { ContestPlan, Contestant } from '../measure/contest.js';
import { figureOf, oneFigure } from '../measure/result.js';
import { summarize } from '../measure/statistics.js';
import { engineName } from '../workload/product.js';
import { plainStep } from './plain-step.js';

/** What a visit of every candidate does. */
export interface TrainWork {
  readonly steps: TrainingSteps;
  /** Steps of a visit. */
  readonly stepsPerVisit: number;
  readonly signal: AbortSignal;
  /** Called after each step. */
  readonly onStep: (candidate: string, step: number) => void;
}

/** Ours on every engine, and on ONNX Runtime the plain step. */
export function trainPlans(opened: readonly OpenBackend[], work: TrainWork, plain: boolean): ContestPlan[] {
  return opened.flatMap((open): ContestPlan[] => {
    const engine = engineName(open);
    const other = `${engine}, plain`;
    const against = plain && open.name === 'onnxruntime';
    return [
      {
        name: engine,
        title: 'the step that `difsr train` takes',
        engine,
        ...(against ? { plain: other } : {}),
        make: () => contestant(engine, open, work, trainingStep),
      },
      ...(against
        ? [
            {
              name: other,
              title: 'scores of all targets at once, without passes over the graph',
              engine,
              make: () => contestant(other, open, work, plainStep),
            },
          ]
        : []),
    ];
  });
}

/** Steps that were timed. */
interface Timed {
  /** Milliseconds from the end of the step before. */
  readonly steps: number[];
  /** Operations of each visit's matrix products, of our graph. */
  readonly operations: number[];
  /** Targets of each visit. */
  readonly targets: number[];
  /** Milliseconds that the event loop of this thread was held up at the longest. */
  longestPause: number;
}

async function contestant(
  name: string,
  { backend }: OpenBackend,
  work: TrainWork,
  build: (options: TrainingStepOptions) => TrainingStep,
): Promise<Contestant> {
  const { steps } = work;
  const { graph, state, updates } = build(steps.step);
  const counted = trainingStep(steps.step).graph; // the floor is of our graph, whoever computes
  const owned = new Owned();
  const zeros = Object.fromEntries([...state].map(([own, shape]) => [own, zerosOf(shape)]));
  const variables = owned.add(await backend.createVariables({ ...steps.tensors, ...zeros }));
  const program = owned.add(await backend.compile(graph, { variables, updates, label: name }));
  const stream = endless(steps);
  const timed: Timed = { steps: [], operations: [], targets: [], longestPause: 0 };
  return {
    check: async () => {
      const { feeds } = await nextOf(stream);
      const { loss, gradientNorm } = await program.run(feeds);
      return [loss?.data[0] ?? Number.NaN, gradientNorm?.data[0] ?? Number.NaN];
    },
    run: async (counts) => {
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      let before = performance.now();
      const done: FedStep[] = [];
      const stepper = new Stepper<FedStep>(
        (feeds) => program.run(feeds),
        (_, step) => {
          const now = performance.now();
          if (counts) timed.steps.push(now - before);
          before = now;
          done.push(step);
          work.onStep(name, done.length);
        },
      );
      for (let i = 0; i < work.stepsPerVisit && !work.signal.aborted; i++) {
        const step = await nextOf(stream);
        await stepper.begin(step.feeds, step);
        await nextTurn(); // Ctrl-C and the progress get their turn on every backend, as in a training
      }
      await stepper.drain();
      delay.disable();
      if (!counts) return;
      timed.longestPause = Math.max(timed.longestPause, delay.max / 1e6);
      timed.targets.push(done.reduce((sum, { targets }) => sum + targets, 0));
      timed.operations.push(arithmeticOf(counted, done));
    },
    figures: (samples, gigaflops) => figuresOf(timed, { samples, gigaflops, work }),
    dispose: async () => {
      await stream.return(undefined);
      await owned.dispose();
    },
  };
}

/** Steps of one epoch after the other. */
async function* endless(steps: TrainingSteps): AsyncGenerator<FedStep, undefined, undefined> {
  for (let epoch = 0; ; epoch++) yield* steps.epoch(epoch);
}

async function nextOf(stream: AsyncGenerator<FedStep, undefined, undefined>): Promise<FedStep> {
  const { value } = await stream.next();
  if (value === undefined) throw new Error('epochs follow each other without an end');
  return value;
}

function zerosOf(shape: readonly number[]): HostTensor {
  return { dtype: 'float32', shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)) };
}

/** Operations of steps; those of one size are counted once. */
function arithmeticOf(graph: Graph, steps: readonly FedStep[]): number {
  const known = new Map<string, number>();
  return steps.reduce((sum, { sizes }) => {
    const key = [...sizes].join();
    const own = known.get(key) ?? operations(graph, sizes);
    known.set(key, own);
    return sum + own;
  }, 0);
}

function figuresOf(
  timed: Timed,
  { samples, gigaflops, work }: { samples: readonly number[]; gigaflops: readonly number[]; work: TrainWork },
): ReturnType<Contestant['figures']> {
  const perEpoch = work.steps.stepsPerEpoch / work.stepsPerVisit;
  const over = (value: (visit: number, milliseconds: number) => number): number[] =>
    samples.map((milliseconds, visit) => value(visit, milliseconds));
  const floor = (visit: number): number => (timed.operations[visit] ?? 0) / ((gigaflops[visit] ?? Number.NaN) * 1e6);
  return [
    figureOf('an epoch', 's', summarize(over((_, milliseconds) => (milliseconds * perEpoch) / 1000))),
    figureOf('a step', 'ms', summarize(timed.steps)),
    figureOf('positions', '/s', summarize(over((visit, ms) => (1000 * (timed.targets[visit] ?? 0)) / ms))),
    figureOf('floor over time', '%', summarize(over((visit, ms) => (100 * floor(visit)) / ms))),
    figureOf('large product', 'GFLOP/s', summarize(gigaflops)),
    oneFigure('longest pause', 'ms', timed.longestPause),
    oneFigure('arithmetic of an epoch', 'GFLOP', (summarize(timed.operations).median * perEpoch) / 1e9),
  ];
}
