// What follows an epoch, and what ends a run: validation, the best model, the history; then results, ranks and the model card.
import { join } from 'node:path';
import { sizeOf } from '@difsr/graph';
import { appendLine, readLines, writeFileAtomic } from '@difsr/files';
import { createSurveyor } from '../evaluation/survey.js';
import { surveySplits, type SurveyedSplits } from '../evaluation/survey-splits.js';
import type { EpochRecord, Metrics, RunMetrics } from '../events.js';
import { modelCard } from '../run/model-card.js';
import { writeRanks } from '../run/ranks.js';
import { RUN_FILES, writeJson } from '../run/run-folder.js';
import { readTensors, writeTensors } from '../run/tensors.js';
import { readInitialWeights } from '../weights/initial-weights.js';
import type { RunState } from './checkpoint.js';
import { onAverages } from './averages.js';
import { judgeEpoch } from './early-stopping.js';
import type { TrainedEpoch } from './epoch.js';
import { required, save, type Session } from './session.js';

/** The metric of early stopping of a run that goes by what it is trained for. */
const LOSS = 'loss';

/** Validates, keeps the best model, writes the epoch down, and moves the state to the next epoch. */
export async function finishEpoch(session: Session, state: RunState, trained: TrainedEpoch): Promise<RunState> {
  const { options, store, evaluator, emit } = session;
  const { training } = options.config;
  const { metric, patience } = training.earlyStopping;
  const { record, valid, judged } = await onAverages(session, async () => {
    const started = performance.now();
    // A run that goes by its own loss sees no other part of the data until it ends.
    const valid: { readonly byTarget: Metrics; readonly byUser: Metrics } =
      metric === LOSS
        ? { byTarget: {}, byUser: {} }
        : await evaluator.evaluate({ store, ranges: store.split.valid }, (done, total) =>
            emit({ kind: 'evaluation', split: 'valid', done, total }),
          );
    const record: EpochRecord = {
      ...trained,
      valid: valid.byTarget,
      evaluationSeconds: (performance.now() - started) / 1000,
      peakMemoryBytes: peakMemory(),
    };
    const judged = judgeEpoch(
      { metric, mode: metric === LOSS ? 'min' : 'max', patience: patience === 0 ? null : patience },
      state.earlyStopping,
      record.epoch,
      metric === LOSS ? record.losses : valid.byTarget,
    );
    if (judged.improved) await saveModel(session);
    return { record, valid, judged };
  });
  await appendLine(join(options.out, RUN_FILES.history), JSON.stringify(record));
  const stopped = judged.stop || record.epoch >= training.epochs;
  const next: RunState = {
    ...state,
    epoch: state.epoch + 1,
    step: 0,
    lossSums: {},
    targets: 0,
    earlyStopping: judged.state,
    ...(judged.improved ? { bestValid: valid.byTarget, bestValidByUser: valid.byUser } : {}),
    done: stopped,
    ...(stopped ? { reason: judged.stop ? ('early-stopping' as const) : ('finished' as const) } : {}),
  };
  await save(session, next, 0);
  emit({ kind: 'epoch', record, best: judged.improved });
  return next;
}

/** Ranks the test targets with the best model, if the run is to see them, and writes results and model card. */
export async function finishRun(session: Session, state: RunState): Promise<RunMetrics> {
  const { options, store, variables } = session;
  const { config, dataset, out } = options;
  const { tensors } = await readTensors(join(out, RUN_FILES.model));
  await variables.write(Object.fromEntries(session.parameters.map((name) => [name, required(tensors, name)])));
  const { test: wanted, maskSeen, ks, batchSize } = config.evaluation;
  const surveyed = await surveyRun(session, wanted ? ['valid', 'test'] : ['valid'], { ks, batchSize });
  const own = surveyed.protocols[maskSeen ? 'masked' : 'unmasked'];
  // Checkpoints of versions that knew one mean alone have it by target; what else they lack is of the same model.
  const { lists: _, ...results } = own;
  const metrics: RunMetrics = {
    best: { epoch: state.earlyStopping.bestEpoch ?? state.epoch },
    ...results,
    ...(config.training.earlyStopping.metric === LOSS
      ? {}
      : {
          valid: state.bestValid,
          byUser: { ...own.byUser, valid: state.bestValidByUser ?? own.byUser.valid },
        }),
    protocols: surveyed.protocols,
    protocol: {
      ranking: 'full',
      maskSeen: config.evaluation.maskSeen,
      ...(dataset.splitMethod === undefined ? {} : { split: dataset.splitMethod }),
    },
    secondsPerEpoch: median(await epochSeconds(out)),
    evaluationSeconds: surveyed.seconds,
    peakMemoryBytes: peakMemory(),
    seed: config.training.seed,
    ...(session.counted === undefined ? {} : { counted: true }),
  };
  const parameters = session.task.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  await writeFileAtomic(
    join(out, RUN_FILES.card),
    modelCard({
      config,
      model: session.model,
      task: session.task,
      dataset,
      store,
      metrics,
      counts: session.counts,
      parameters,
      initial: await readInitialWeights(out),
      folder: out,
    }),
  );
  await writeJson(out, RUN_FILES.metrics, metrics);
  return metrics;
}

/** Ranks the targets of splits under both protocols with the model as it stands in the backend, and keeps their ranks. */
async function surveyRun(
  { options, model, store, sides, variables, counts, emit }: Session,
  splits: readonly ('valid' | 'test')[],
  protocol: { readonly ks: readonly number[]; readonly batchSize: number },
): Promise<SurveyedSplits<'valid'>> {
  const { backend, dataset, out } = options;
  const surveyor = await createSurveyor({ backend, variables, model, sides, counts, dataset, ...protocol });
  try {
    const surveyed = await surveySplits(splits, { surveyor, store, counts, emit, ks: protocol.ks });
    await writeRanks(out, { dataset, store, surveys: surveyed.surveys, backend });
    return surveyed;
  } finally {
    await surveyor.dispose();
  }
}

async function saveModel(session: Session): Promise<void> {
  const parameters = await session.variables.read(session.parameters);
  await writeTensors(
    join(session.options.out, RUN_FILES.model),
    { ...parameters, ...session.features },
    { model: session.model.name, options: JSON.stringify(session.model.config) },
  );
}

/** Training seconds of every finished epoch, from the history. */
async function epochSeconds(out: string): Promise<number[]> {
  const lines = await readLines(join(out, RUN_FILES.history));
  return lines.flatMap((line) => {
    const record: unknown = JSON.parse(line);
    return typeof record === 'object' && record !== null && 'seconds' in record && typeof record.seconds === 'number'
      ? [record.seconds]
      : [];
  });
}

/** Largest resident set of the process so far, in bytes (workers included). */
export function peakMemory(): number {
  return process.resourceUsage().maxRSS * 1024;
}

/** The middle value (mean of the two middle ones). */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
