// What decided a recommendation: the item's score beside the scores that it would have without one event of the history, and where nothing
// were known of one field. Every number is a score that the recommender gives, or the difference of two; they need not add up to anything.
import { given, needed, option, type OptionRules } from '@difsr/errors';
import type { Backend } from '@difsr/graph';
import { askedEvents, type EventValue, type HistoryEvent } from './events.js';
import { featureName } from './fields.js';
import { ownerOf } from './field-schema.js';
import { shownLength } from './padded.js';
import type { Recommendation } from './recommendation.js';
import { RunError } from './run-error.js';
import { Serving } from './serving.js';
import { recommendTask, type InferenceTask } from './tasks.js';
import { isTimeField } from './time-fields.js';
import type { TrainedModel } from './trained-model.js';

/** A score without something, and what the score with everything is above it. */
export interface LeftOut {
  readonly score: number;
  /** The whole score less this one: above 0 for what spoke for the item. */
  readonly difference: number;
}

/** An event of the history, and the score without it alone. */
export interface ExplainedEvent extends Partial<LeftOut> {
  readonly id: string;
  readonly name?: string;
  /** Place in the history as it was given, from 0 on. */
  readonly place: number;
}

/** A field, and the score where nothing is known of it: of any item, of the history's events (`time`: their times), or of the user. */
export interface ExplainedField extends LeftOut {
  readonly field: string;
  readonly owner: 'item' | 'interaction' | 'user';
}

/** What decided a recommendation. */
export interface Explanation {
  /** The item and its score with everything. */
  readonly item: Recommendation;
  /**
   * The events that the model sees, oldest first. Of the only event of a history there is no score without it: nobody's next item is
   * ranked by popularity, whose scores are counts.
   */
  readonly events: readonly ExplainedEvent[];
  readonly fields: readonly ExplainedField[];
  /** Ids of the history that the run does not know. */
  readonly unknown: readonly string[];
  /** How many known events lie before those that the model sees. */
  readonly unseen: number;
}

/** What is explained. */
export interface ExplainOptions {
  /** The item. */
  readonly item: string;
  /** Values of fields of users by their names, of a model that reads them. */
  readonly user?: Readonly<Record<string, EventValue>> | undefined;
}

/** Rules of {@link ExplainOptions}. */
export const EXPLAIN: OptionRules<ExplainOptions> = { item: needed(option.text), user: option.given };

/** What an explainer needs of the recommender that it belongs to. */
export interface ExplainerParts {
  readonly trained: TrainedModel;
  readonly backend: Backend;
  /** Of the whole model. */
  readonly serving: Serving;
  readonly numberOf: (item: string) => number;
  readonly idsOf: (field: string) => ReadonlyMap<string, number>;
  readonly describe: (number: number, score: number) => Recommendation;
}

interface Asked {
  readonly events: readonly HistoryEvent[];
  readonly user: Readonly<Record<string, EventValue>>;
}

/** Explains recommendations of one trained model. */
export class Explainer {
  readonly #parts: ExplainerParts;
  /** What the model reads. */
  readonly #task: InferenceTask;
  /** The model where nothing is known of a field, opened when first asked for. */
  readonly #blinds = new Map<string, Promise<Serving>>();

  constructor(parts: ExplainerParts) {
    this.#parts = parts;
    this.#task = recommendTask(parts.trained.model, 1);
  }

  /** @throws RunError for an item that the run does not know, and for a history without a known item. */
  async explain(history: readonly HistoryEvent[], { item, user = {} }: ExplainOptions): Promise<Explanation> {
    const { trained, serving, numberOf, describe } = this.#parts;
    const { model } = trained;
    const target = numberOf(item);
    if (target === 0) throw unknownItem(item);
    const places = [...history.keys()].filter((place) => numberOf(history[place]?.item ?? '') > 0);
    if (places.length === 0)
      throw new RunError({
        where: 'explain',
        what: 'the history has no item that the run knows: popular items are recommended then, and nothing decides between them but counts',
        cure: 'give a history with an item that the data had',
      });
    const shown = shownLength(model);
    const eventsAt = (kept: readonly number[]): HistoryEvent[] => kept.flatMap((place) => history[place] ?? []);
    const seen = places.slice(-shown);
    const events = eventsAt(seen);
    const whole = await this.#score(serving, target, { events, user });
    const scored = (score: number): LeftOut => ({ score, difference: whole - score });
    const explained = seen.map(async (place): Promise<ExplainedEvent> => {
      const { id, name } = describe(numberOf(history[place]?.item ?? ''), 0);
      // As if it had not happened: of a longer history an older event comes into view.
      const others = eventsAt(places.filter((other) => other !== place).slice(-shown));
      return {
        id,
        ...given({ name }),
        place,
        ...(others.length === 0 ? {} : scored(await this.#score(serving, target, { events: others, user }))),
      };
    });
    const fields = this.#sources().map(async (source): Promise<ExplainedField> => ({
      ...source,
      ...scored(await this.#without(source, target, { events, user })),
    }));
    return {
      item: describe(target, whole),
      events: await Promise.all(explained),
      fields: await Promise.all(fields),
      unknown: history.flatMap(({ item: id }) => (numberOf(id) > 0 ? [] : [id])),
      unseen: places.length - seen.length,
    };
  }

  /** Frees the programs. */
  async dispose(): Promise<void> {
    for (const serving of this.#blinds.values()) await (await serving).dispose();
  }

  /** What the model's scores can depend on, beside items: fields of items by their tables, times as one. */
  #sources(): readonly Pick<ExplainedField, 'field' | 'owner'>[] {
    const { model } = this.#parts.trained;
    const tables = new Set(this.#task.constants.map(({ name }) => name));
    const ofItems = model.schema.fields.filter(
      (field) => ownerOf(field) === 'item' && tables.has(featureName(field.name)),
    );
    const ofEvents = model.reads.events.map(({ name }) => (isTimeField(name) ? 'time' : name));
    return [
      ...ofItems.map(({ name }) => ({ field: name, owner: 'item' as const })),
      ...[...new Set(ofEvents)].map((field) => ({ field, owner: 'interaction' as const })),
      ...model.reads.users.map(({ name }) => ({ field: name, owner: 'user' as const })),
    ];
  }

  async #without(
    { field, owner }: Pick<ExplainedField, 'field' | 'owner'>,
    target: number,
    { events, user }: Asked,
  ): Promise<number> {
    const { serving } = this.#parts;
    switch (owner) {
      case 'item':
        return this.#score(await this.#blind(field), target, { events, user });
      case 'interaction':
        return this.#score(serving, target, {
          events: events.map((event) => ({ ...event, [field]: undefined })),
          user,
        });
      case 'user':
        return this.#score(serving, target, { events, user: { ...user, [field]: undefined } });
    }
  }

  /** The model where no item has a value of a field: zeros are none, whatever the field's kind. */
  #blind(field: string): Promise<Serving> {
    const { trained, backend } = this.#parts;
    const found = this.#blinds.get(field);
    if (found !== undefined) return found;
    const name = featureName(field);
    // Vectors that are tuned began as the table.
    const theirs = new Set([
      name,
      ...this.#task.parameters.flatMap((own) => (own.startsAs === name ? [own.name] : [])),
    ]);
    const tensors = Object.fromEntries(
      Object.entries(trained.tensors).map(([own, tensor]) => [
        own,
        theirs.has(own) ? { ...tensor, data: tensor.data.map(() => 0) } : tensor,
      ]),
    );
    const opened = Serving.open({ ...trained, tensors }, backend);
    opened.catch(() => this.#blinds.delete(field)); // who asks next tries again
    this.#blinds.set(field, opened);
    return opened;
  }

  async #score(serving: Serving, target: number, { events, user }: Asked): Promise<number> {
    const { trained, numberOf, idsOf } = this.#parts;
    const { model } = trained;
    const isKnown = (item: string): boolean => numberOf(item) > 0;
    const asked = askedEvents(model, { events, isKnown, user, shown: shownLength(model), idsOf });
    return serving.score(target, { known: events.map(({ item }) => numberOf(item)), asked });
  }
}

function unknownItem(item: string): RunError {
  return new RunError({
    where: 'explain',
    what: `the run does not know the item ${JSON.stringify(item)}`,
    cure: 'give the id of an item that the data had',
  });
}
