// What teachers predict, as draws: for every interaction that is a target, items drawn from the mean of their distributions. Draws are
// unbiased whatever their number, where the most likely items alone would teach the head of the catalogue and nothing of the rest
// (Anshumann et al., Sparse Logit Sampling, ACL 2025).
// An index with `!` is in range by construction.
import { setting, text } from '@difsr/errors';
import type { Dataset, SequenceStore, StoredDataset } from '@difsr/data';
import { streamId, uniformAt, type Backend, type HostTensor } from '@difsr/graph';
import {
  checkTensors,
  distributionTask,
  Owned,
  splitTask,
  targetInteractions,
  TRAINED_ITEMS,
  trainedItems,
  type InferenceTask,
  type ModelInstance,
} from '@difsr/models';
import type { TrainingEvent } from '../events.js';
import { RunError } from '../run-error.js';
import { requireSameData } from '../run/other-data.js';
import { RUN_FILES, type Run } from '../run/run-folder.js';
import { planStoredEpoch } from '../sampling/sampler.js';
import { ReadAhead } from '../sampling/read-ahead.js';
import { sideReader } from '../side/side-reader.js';

/** What draws are made of. */
export interface DrawOptions {
  readonly teachers: readonly Run[];
  readonly dataset: Dataset | StoredDataset;
  readonly store: SequenceStore;
  /** Where the data is, for messages. */
  readonly path: string;
  readonly backend: Backend;
  readonly seed: number;
  /** Of each target at least; every teacher gives as many. */
  readonly draws: number;
  readonly signal?: AbortSignal | undefined;
  readonly emit: (event: TrainingEvent) => void;
}

/** Draws of every teacher for a target. */
export function drawsOfEach(draws: number, teachers: number): number {
  return Math.ceil(draws / Math.max(1, teachers));
}

/** More numbers than one array of a file holds. */
const MOST = 2 ** 29;
/** Targets that are predicted at once: their distributions are arrays of all items. */
const AT_ONCE = 256;

/**
 * Draws, int32 [interactions, draws]: rows of interactions that are no targets are 0. Undefined where it was aborted.
 *
 * @throws RunError for a teacher of other data, or one whose predictions are no distribution for every place of a sequence
 */
export async function drawSoftTargets(options: DrawOptions): Promise<HostTensor | undefined> {
  const { teachers, store, path, dataset, draws } = options;
  const each = drawsOfEach(draws, teachers.length);
  const width = each * teachers.length;
  if (store.interactions * width > MOST)
    throw new RunError({
      what: `${width} draws for each of ${store.interactions} interactions are more than a file of a run holds`,
      option: 'distillation.draws',
      cure: text`lower ${setting('distillation.draws')} to ${Math.max(1, Math.floor(MOST / store.interactions))} or fewer`,
    });
  for (const { folder, vocabulary, model } of teachers) {
    await requireSameData(folder, path, { dataset, store }, vocabulary);
    distributionTask(model); // says what is wrong with it before the first has predicted anything
  }
  const data = new Int32Array(store.interactions * width);
  for (const [number, teacher] of teachers.entries()) {
    const done = await drawOfTeacher(teacher, number, data, { ...options, each, width });
    if (!done) return undefined;
  }
  return { dtype: 'int32', shape: [store.interactions, width], data };
}

async function drawOfTeacher(
  teacher: Run,
  number: number,
  data: Int32Array,
  given: DrawOptions & { readonly each: number; readonly width: number },
): Promise<boolean> {
  const { teachers, dataset, store, backend, signal, emit, seed, each, width } = given;
  const { model, folder } = teacher;
  const task = distributionTask(model);
  const plan = planStoredEpoch({ store, sides: sideReader(dataset, store, model.reads), epoch: 0, ...planFor(model) });
  const { counts } = teacher.items;
  const key = { seed, step: number, stream: streamId('distillation') };
  const owned = new Owned();
  const batches = new ReadAhead((step) => plan.windows(step), plan.steps);
  try {
    const predict = await compiled(teacher, task, backend, owned);
    for (let step = 0; step < plan.steps; step++) {
      if (signal?.aborted === true) return false;
      const windows = await batches.take(step);
      const { feeds } = model.objective.batch(model, windows, { seed, step });
      const probabilities = await predict(feeds);
      const items = model.schema.items + 1;
      targetInteractions(windows).forEach((interaction, slot) => {
        const own = probabilities.subarray(slot * items, (slot + 1) * items);
        const drawn = data.subarray(interaction * width + number * each, interaction * width + (number + 1) * each);
        drawItems(own, counts, (i) => uniformAt(key, interaction * each + i), drawn);
      });
      emit({
        kind: 'teacher',
        run: folder,
        teacher: number + 1,
        teachers: teachers.length,
        done: step + 1,
        total: plan.steps,
      });
    }
    return true;
  } finally {
    await batches.settled();
    await owned.dispose();
  }
}

/** How sequences are cut for a teacher: as it could be trained, whatever its run did. */
function planFor({
  config,
  objective,
  leaks,
}: ModelInstance): Omit<Parameters<typeof planStoredEpoch>[0], 'store' | 'epoch'> {
  const maxLength = config.maxLength - objective.spare;
  const form = leaks === undefined && objective.forms.includes('all-positions') ? 'all-positions' : 'prefix';
  return { maxLength, targetsPerStep: Math.max(AT_ONCE, maxLength), seed: 0, form };
}

/** Predicts the distributions of a batch: `[slots, items + 1]`. */
async function compiled(
  { folder, model, tensors, items }: Run,
  task: InferenceTask,
  backend: Backend,
  owned: Owned,
): Promise<(feeds: ReturnType<ModelInstance['objective']['batch']>['feeds']) => Promise<Float32Array | Float64Array>> {
  const all: Record<string, HostTensor> = { ...tensors, [TRAINED_ITEMS]: trainedItems(items.counts) };
  const needed = [...task.parameters, ...task.constants];
  checkTensors(`${folder}/${RUN_FILES.model}`, all, needed);
  const kept = Object.fromEntries(needed.flatMap(({ name }) => (all[name] === undefined ? [] : [[name, all[name]]])));
  const variables = owned.add(await backend.createVariables(kept));
  const { prepare, main, hoisted } = splitTask(model, task);
  const before =
    hoisted.length === 0
      ? {}
      : await owned.add(await backend.compile(prepare, { variables, label: 'prepare teacher' })).run({});
  const program = owned.add(await backend.compile(main, { variables, label: 'teacher' }));
  return async (feeds) => {
    const own = Object.entries(feeds).filter(([name]) => main.inputs.has(name));
    const { probabilities, check } = await program.run({ ...Object.fromEntries(own), ...before });
    if (!Number.isFinite(check?.data[0] ?? Number.NaN))
      throw new RunError({
        where: folder,
        what: 'its scores are not finite',
        cure: 'train that run again with a lower learning rate',
      });
    const data = probabilities?.data;
    if (data instanceof Float32Array || data instanceof Float64Array) return data;
    throw new RunError('the program of a teacher has no probabilities');
  };
}

/**
 * Draws items from a distribution: item i where the sum up to it first exceeds a number in [0, 1) of the whole.
 *
 * @param counts Training interactions by item: what nobody has taken is never drawn.
 */
export function drawItems(
  probabilities: ArrayLike<number>,
  counts: ArrayLike<number>,
  uniform: (draw: number) => number,
  out: Int32Array,
): void {
  const weight = (item: number): number => (item === 0 || counts[item] === 0 ? 0 : probabilities[item]!);
  let whole = 0;
  for (let item = 0; item < probabilities.length; item++) whole += weight(item);
  const wanted = Float64Array.from(out, (_, draw) => uniform(draw) * whole).sort();
  let [sum, item, last] = [weight(0), 0, 0];
  for (let draw = 0; draw < out.length; draw++) {
    while (sum <= wanted[draw]! && item + 1 < probabilities.length) {
      item++;
      const own = weight(item);
      if (own > 0) last = item;
      sum += own;
    }
    out[draw] = last; // rounding may leave the sum below the last number: the last item that can be drawn
  }
}
