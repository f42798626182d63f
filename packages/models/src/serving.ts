// The programs of a recommender on a backend: each compiled once, when it is first asked for, and run for many callers at once.
import type { Backend, Feeds, Graph, HostTensor, Program, Variables } from '@difsr/graph';
import { LOWEST } from './columns.js';
import type { ModelInstance } from './definition.js';
import { feedsOf, type AskedEvents } from './events.js';
import { Gathering } from './gathering.js';
import { MOST_EXCLUDED, type ItemSet } from './item-set.js';
import { integers } from './objectives/objective.js';
import { padded, paddedItems } from './padded.js';
import { prepared } from './precompute.js';
import { programOf, sizeFor, splitServing, type ServingProgram } from './serving-task.js';
import { inferenceTensors, type TrainedModel } from './trained-model.js';

/** A history, and what may be recommended for it. */
export interface HistoryQuestion {
  /** Numbers of its items, oldest first; at least one. */
  readonly known: readonly number[];
  readonly asked: AskedEvents;
  readonly allowed: ItemSet;
  /** Items that are not recommended though they are allowed. */
  readonly excluded: ReadonlySet<number>;
}

/** An item, and what may be named beside it. */
export interface ItemQuestion extends Pick<HistoryQuestion, 'allowed' | 'excluded'> {
  readonly item: number;
}

/** Items by their numbers, best first, and their scores. */
export interface Best {
  readonly ids: ArrayLike<number>;
  readonly scores: ArrayLike<number>;
}

/** Questions of one run at most. */
const TOGETHER = 64;
/** Numbers that a run gives at most, however many items a question asks for. */
const MOST_NUMBERS = 1 << 21;

/** A history, and the items that are scored for it. */
interface CandidateQuestion extends Pick<HistoryQuestion, 'known' | 'asked'> {
  readonly candidates: Int32Array;
}

/** Answers questions by the programs of `servingTask`. */
export class Serving {
  readonly #model: ModelInstance;
  readonly #backend: Backend;
  readonly #variables: Variables;
  readonly #graph: Graph;
  readonly #programs = new Map<ServingProgram, Promise<Program>>();
  readonly #best = new Map<number, Gathering<HistoryQuestion, Best>>();
  readonly #nearest = new Map<number, Gathering<ItemQuestion, Best>>();
  readonly #scores = new Gathering<CandidateQuestion, Best>((questions) => this.#score(questions), TOGETHER);

  private constructor(model: ModelInstance, backend: Backend, variables: Variables, graph: Graph) {
    this.#model = model;
    this.#backend = backend;
    this.#variables = variables;
    this.#graph = graph;
  }

  /** Computes what is computed once. @throws RunError where the tensors are not those that the model needs. */
  static async open(trained: TrainedModel, backend: Backend): Promise<Serving> {
    const { model } = trained;
    const { graph, tensors } = await prepared(splitServing(model), inferenceTensors(trained), backend);
    return new Serving(model, backend, await backend.createVariables(tensors), graph);
  }

  /** Whether the model has rows of items that can be compared. */
  get compares(): boolean {
    return this.#model.count === undefined;
  }

  /** The best `k` items after a history; fewer where fewer are left. */
  async best(k: number, question: HistoryQuestion): Promise<Best> {
    const { known, asked, allowed, excluded } = question;
    if (allowed.few === undefined) {
      const most = sizeFor('best', k, this.#model.schema.items);
      return first(k, await gathering(this.#best, most, (questions) => this.#rank(most, questions)).ask(question));
    }
    const candidates = allowed.few.filter((item) => !excluded.has(item));
    return candidates.length === 0
      ? { ids: [], scores: [] }
      : first(k, await this.#scores.ask({ known, asked, candidates }));
  }

  /** The score of one item after a history. */
  async score(item: number, { known, asked }: Pick<HistoryQuestion, 'known' | 'asked'>): Promise<number> {
    const { scores } = await this.#scores.ask({ known, asked, candidates: Int32Array.of(item) });
    return scores[0] ?? LOWEST;
  }

  /** The `k` items whose rows of the item table are nearest to that of an item; fewer where fewer are left. */
  async nearest(k: number, question: ItemQuestion): Promise<Best> {
    const most = sizeFor('nearest', k, this.#model.schema.items);
    return first(k, await gathering(this.#nearest, most, (questions) => this.#compare(most, questions)).ask(question));
  }

  /** Frees programs and variables, once what was asked is answered. */
  async dispose(): Promise<void> {
    for (const each of [...this.#best.values(), ...this.#nearest.values(), this.#scores]) await each.settled();
    for (const program of this.#programs.values()) await (await program).dispose();
    await this.#variables.dispose();
  }

  /** Who asks for a program while it is compiled waits for the same one. */
  #program(name: ServingProgram): Promise<Program> {
    const found = this.#programs.get(name);
    if (found !== undefined) return found;
    const compiled = this.#backend.compile(programOf(this.#graph, name), { variables: this.#variables, label: name });
    compiled.catch(() => this.#programs.delete(name)); // who asks next tries again
    this.#programs.set(name, compiled);
    return compiled;
  }

  async #rank(most: number, questions: readonly HistoryQuestion[]): Promise<readonly Best[]> {
    const program = await this.#program(`best ${most}`);
    const found = await program.run({ ...historyFeeds(this.#model, questions), ...itemFeeds(questions) });
    return rowsOf(found, questions.length, most);
  }

  async #compare(most: number, questions: readonly ItemQuestion[]): Promise<readonly Best[]> {
    const program = await this.#program(`nearest ${most}`);
    const item = integers(
      Int32Array.from(questions, (question) => question.item),
      [questions.length],
    );
    return rowsOf(await program.run({ item, ...itemFeeds(questions) }), questions.length, most);
  }

  async #score(questions: readonly CandidateQuestion[]): Promise<readonly Best[]> {
    const program = await this.#program('candidates');
    const candidates = padded(
      questions.map((question) => question.candidates),
      1,
    );
    const { scores } = await program.run({ ...historyFeeds(this.#model, questions), candidates });
    const width = candidates.shape[1] ?? 0;
    return questions.map(({ candidates: ids }, row) => {
      const own = scores?.data.subarray(row * width, row * width + ids.length) ?? [];
      const order = [...ids.keys()].sort((a, b) => (own[b] ?? 0) - (own[a] ?? 0) || a - b);
      return { ids: order.map((place) => ids[place] ?? 0), scores: order.map((place) => own[place] ?? LOWEST) };
    });
  }
}

function gathering<Question>(
  all: Map<number, Gathering<Question, Best>>,
  most: number,
  run: (questions: readonly Question[]) => Promise<readonly Best[]>,
): Gathering<Question, Best> {
  const together = Math.max(1, Math.min(TOGETHER, Math.floor(MOST_NUMBERS / most)));
  const found = all.get(most) ?? new Gathering(run, together);
  all.set(most, found);
  return found;
}

function historyFeeds(model: ModelInstance, questions: readonly Pick<HistoryQuestion, 'known' | 'asked'>[]): Feeds {
  const items = paddedItems(
    questions.map(({ known }) => known),
    model,
  );
  const events = feedsOf(
    questions.map(({ asked }) => asked),
    items.shape[1] ?? 0,
  );
  return { items, ...events };
}

/** What may be answered: questions that allow the same set share it. */
function itemFeeds(questions: readonly Pick<HistoryQuestion, 'allowed' | 'excluded'>[]): Feeds {
  const sets = new Map<ItemSet, number>();
  const rows = questions.map(({ allowed, excluded }) => {
    const isLong = excluded.size > MOST_EXCLUDED;
    const set = isLong ? allowed.without(excluded) : allowed;
    const place = sets.get(set) ?? sets.size;
    sets.set(set, place);
    return { place, excluded: isLong ? [] : [...excluded] };
  });
  const masks = [...sets.keys()].map(({ mask }) => mask);
  const [{ length: columns } = new Uint8Array(0)] = masks;
  const data = new Uint8Array(masks.length * columns);
  masks.forEach((mask, place) => data.set(mask, place * columns));
  return {
    allowed: { dtype: 'bool', shape: [masks.length, columns], data },
    allowedOf: integers(
      Int32Array.from(rows, ({ place }) => place),
      [rows.length],
    ),
    excluded: padded(
      rows.map(({ excluded }) => excluded),
      1,
    ),
  };
}

function rowsOf({ ids, values }: Readonly<Record<string, HostTensor>>, rows: number, most: number): readonly Best[] {
  return Array.from({ length: rows }, (_, row) => ({
    ids: ids?.data.subarray(row * most, (row + 1) * most) ?? [],
    scores: values?.data.subarray(row * most, (row + 1) * most) ?? [],
  }));
}

/** The first `k`, up to where no item is left. */
function first(k: number, { ids, scores }: Best): Best {
  let count = 0;
  while (count < Math.min(k, ids.length) && (scores[count] ?? LOWEST) > LOWEST * 0.99) count++;
  const taken = (of: ArrayLike<number>): number[] => Array.from({ length: count }, (_, i) => of[i] ?? 0);
  return { ids: taken(ids), scores: taken(scores) };
}
