// Attention maps of one history: scores of every source, fused, and what is attended to.
import { didYouMean } from '@difsr/errors';
import { historyInputs, type EventValue, type HistoryEvent } from '@difsr/models';
import type { HostTensor } from '@difsr/graph';
import type { Run } from '@difsr/training';
import { UsageError } from '../errors.js';
import { evaluateOf, headsOf, matrixOf, seenWhenAsked, sourceName } from './matrices.js';
import { historyRows, longestHistories, type Subject } from './subject.js';
import { MASK, type Available, type HeadMaps, type MapAnalysis } from './types.js';

/** Whose attention is shown: of a user of the data before its last target, or of a history that is told. */
export type Shown =
  | { readonly user: string }
  | {
      readonly history: readonly (string | HistoryEvent)[];
      /** Values of fields of users, of a model that reads them. */
      readonly about?: Readonly<Record<string, EventValue>> | undefined;
    };

/** @throws UsageError for a user that the data does not have; RunError as `recommend` for a history that cannot be one */
export async function attentionMaps(subject: Subject, shown: Shown): Promise<Available<MapAnalysis>> {
  const { run } = subject;
  const { attentions } = seenWhenAsked(run.model);
  if (attentions.length === 0)
    return { unavailable: `${run.model.name} has no attention of the family: there are no maps` };
  const asked = 'user' in shown ? await ofUser(subject, shown.user) : ofHistory(run, shown);
  if (asked.items.length === 0) return { unavailable: 'none of the items of the history is known to the run' };
  const values = evaluateOf(
    run,
    Object.fromEntries(
      attentions.flatMap(({ scores, unmasked, probabilities, sources }, k) => [
        [`${k}/fused`, unmasked ?? scores] as const,
        [`${k}/probabilities`, probabilities] as const,
        ...sources.map(({ scores: own }, j) => [`${k}/source/${j}`, own] as const),
      ]),
    ),
    asked.feeds,
  );
  const history = asked.items.map((id) => {
    const name = run.items.names?.[id] ?? '';
    return { id: run.items.tokens[id] ?? '', ...(name === '' ? {} : { name }) };
  });
  // A place that asks stands behind the items.
  const spare = Math.min(run.model.objective.spare, 1);
  const n = history.length + spare;
  const matrix = (name: string, head: number, scale = 1): number[][] => rowsOf(values[name], head, n, scale);
  const some = attentions.some(({ unmasked }) => unmasked === undefined);
  return {
    ...('user' in shown ? { user: shown.user } : {}),
    history: [...history, ...Array.from({ length: spare }, () => ({ id: MASK }))],
    unknown: asked.unknown,
    notes: [
      ...asked.notes,
      ...(some ? ['fusion "concat" in its causal-safe form: hidden entries of fused scores count as zero'] : []),
    ],
    attentions: attentions.map(({ name, sources }, k) => ({
      attention: name,
      heads: Array.from({ length: headsOf(values[`${k}/fused`]) }, (_, head): HeadMaps => {
        return {
          head,
          sources: sources.map(({ source }, j) => ({
            name: sourceName(source),
            scores: matrix(`${k}/source/${j}`, head, scaleOf(run)),
          })),
          fused: matrix(`${k}/fused`, head),
          probabilities: matrix(`${k}/probabilities`, head),
        };
      }),
    })),
  };
}

interface AskedOf {
  readonly feeds: ReturnType<typeof historyInputs>['feeds'];
  readonly items: readonly number[];
  readonly unknown: readonly string[];
  readonly notes: readonly string[];
}

function ofHistory(run: Run, { history, about }: Exclude<Shown, { user: string }>): AskedOf {
  const { feeds, shown, unknown, said } = historyInputs(run, history, about);
  const notes = [
    ...(history.length - unknown.length > shown.length
      ? [`the model is shown the last ${shown.length} of ${history.length - unknown.length} items`]
      : []),
    ...said.unknown.map(
      ({ field, value }) => `${field} ${JSON.stringify(value)} is not known to the run: it counts as none`,
    ),
    ...(said.missing.length === 0 ? [] : [`the model reads ${said.missing.join(', ')}, of which nothing is said`]),
  ];
  return { feeds, items: shown, unknown, notes };
}

async function ofUser(subject: Subject, token: string): Promise<AskedOf> {
  const { dataset, store } = subject;
  const tokens = 'store' in dataset ? await dataset.userTokens() : dataset.users.tokens;
  const user = tokens.indexOf(token, 1) - 1;
  if (user < 0)
    throw new UsageError({
      where: `user ${token}`,
      what: 'is none of the data set',
      cure: didYouMean(token, tokens.slice(1)) ?? 'name a user as the data has it, or give a history of items',
    });
  const found = longestHistories(store).find(({ begin }) => store.userOf(begin) === user);
  if (found === undefined)
    throw new UsageError({
      where: `user ${token}`,
      what: 'has no held-out interaction, and so no history that ends before one',
      cure: 'name another user, or give the history of items',
    });
  const { feeds, items } = await historyRows(subject, [found]);
  const shown = Array.from(items[0] ?? []);
  const all = found.end - found.begin;
  return {
    feeds,
    items: shown,
    unknown: [],
    notes: all > shown.length ? [`the model is shown the last ${shown.length} of ${all} items`] : [],
  };
}

/** What the fused scores are multiplied with: that of the item's head. */
function scaleOf({ model }: Run): number {
  const { hiddenSize, heads, scale } = optionsOf(model.config);
  return 1 / Math.sqrt(scale === 'hiddenSize' ? hiddenSize : Math.floor(hiddenSize / heads));
}

function optionsOf(config: object): { hiddenSize: number; heads: number; scale: unknown } {
  const option = (name: string): unknown => Object.entries(config).find(([key]) => key === name)?.[1];
  return { hiddenSize: Number(option('hiddenSize')), heads: Number(option('heads')), scale: option('scale') };
}

/** Five significant digits are more than a picture shows. */
function rowsOf(value: HostTensor | undefined, head: number, n: number, scale: number): number[][] {
  if (value === undefined) return [];
  const flat = matrixOf(value, 0, head, n);
  return Array.from({ length: n }, (_, i) =>
    Array.from(flat.subarray(i * n, (i + 1) * n), (x) => Number((x * scale).toPrecision(5))),
  );
}
