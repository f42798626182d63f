// difsr-bench evaluate: all held-out items of all users ranked among the whole catalogue, on every engine, beside a ranking in JavaScript.
import type { Backend } from '@difsr/graph';
import { Owned } from '@difsr/models';
import { createEvaluator } from '@difsr/training';
import type { Command } from 'commander';
import type { ExitCode } from '../errors.js';
import type { ContestPlan, Contestant } from '../measure/contest.js';
import { figureOf } from '../measure/result.js';
import { summarize } from '../measure/statistics.js';
import { runMeasured, type Measuring } from '../workload/command.js';
import { addShared, helpText, type SharedOptions } from '../workload/options.js';
import { engineName } from '../workload/product.js';
import { plainRanking } from './plain-ranking.js';

const ROUNDS = 7;
const METHOD = [
  'A visit ranks the test target of every user among all items (the validation target, where the data set has no test), as `difsr evaluate` does under its first protocol; opening and compiling are not in it.',
  'Weights are those that the model starts with: they cost what trained ones do.',
  'The plain implementation takes the scores of all items out of ONNX Runtime and ranks in JavaScript. All candidates agree on the metrics before any is timed.',
] as const;

/** Declares the command; `done` receives its exit code, `args` are for the report. */
export function addEvaluate(program: Command, done: (code: ExitCode) => void, args: readonly string[]): void {
  const command = program.command('evaluate').description('time the full ranking of all users');
  addShared(command, ROUNDS)
    .addHelpText(
      'after',
      helpText(
        [],
        ['evaluate --quick', 'evaluate --data data/shop --backends onnxruntime,tfjs', 'evaluate --json --no-plain'],
      ),
    )
    .action(async (options: SharedOptions) =>
      done(
        await runMeasured(options, {
          name: 'evaluate',
          args,
          rounds: ROUNDS,
          place: 'worker',
          method: METHOD,
          work: {},
          measures: async (measuring) => [await rankingOf(measuring, options.plain)],
        }),
      ),
    );
}

async function rankingOf(measuring: Measuring, plain: boolean): ReturnType<Measuring['contest']> {
  const plans = measuring.opened.flatMap((open): ContestPlan[] => {
    const engine = engineName(open);
    const other = `${engine}, plain`;
    const make = (name: string, backend: Backend) => (): Promise<Contestant> => evaluating(name, backend, measuring);
    if (!plain || open.name !== 'onnxruntime')
      return [{ name: engine, title: 'ranks made inside the graph', engine, make: make(engine, open.backend) }];
    return [
      { name: engine, title: 'ranks made inside the graph', engine, plain: other, make: make(engine, open.backend) },
      {
        name: other,
        title: 'scores out, ranks made in JavaScript',
        engine,
        make: make(other, plainRanking(open.backend)),
      },
    ];
  });
  const users = casesOf(measuring).targets.length;
  return measuring.contest(plans, {
    name: 'ranking',
    title: `${users} users ranked among ${measuring.workload.data.items} items`,
  });
}

/** Test targets, or validation targets where there are none. */
function casesOf({ workload }: Measuring): Measuring['workload']['steps']['store']['split']['test'] {
  const { test, valid } = workload.steps.store.split;
  return test.targets.length > 0 ? test : valid;
}

async function evaluating(name: string, backend: Backend, measuring: Measuring): Promise<Contestant> {
  const { workload, signal, progress } = measuring;
  const { steps, config } = workload;
  const { store, sides, model, tensors } = steps;
  const { ks, batchSize } = config.evaluation;
  const owned = new Owned();
  const variables = owned.add(await backend.createVariables(tensors));
  const evaluator = owned.add(
    await createEvaluator({ backend, variables, model, ks, batchSize, maskSeen: false, sides }),
  );
  const ranges = casesOf(measuring);
  let users = 0;
  const evaluate = async (): Promise<readonly number[]> => {
    const found = await evaluator.evaluate({ store, ranges }, (ranked, total) => {
      signal.throwIfAborted();
      progress.draw(`${name}: ${ranked} of ${total} users`);
    });
    ({ users } = found);
    return Object.values(found.byTarget);
  };
  return {
    check: evaluate,
    run: evaluate,
    figures: (samples) => [
      figureOf('all users', 's', summarize(samples.map((milliseconds) => milliseconds / 1000))),
      figureOf('users', '/s', summarize(samples.map((milliseconds) => (1000 * users) / milliseconds))),
    ],
    dispose: () => owned.dispose(),
  };
}
