// Of a model that is trained in turns: which groups of parameters train at each step of an epoch, and how often each has been trained.
import { setting, type Text, text } from '@difsr/errors';
import type { GroupTurn } from '@difsr/graph';
import type { ModelInstance, Turns } from '@difsr/models';
import type { RunState } from './checkpoint.js';

/** What is said of groups that no step of so many epochs would train: their parameters would stay as they start. */
export function turnsMissed({ name, turns }: ModelInstance, epochs: number, stepsPerEpoch: number): readonly Text[] {
  const left = new Set(turns?.groups);
  for (let step = 0; step < epochs * stepsPerEpoch && left.size > 0; step++) {
    const place = { epoch: Math.floor(step / stepsPerEpoch), step };
    for (const group of left) if (turns?.on(group, place) === true) left.delete(group);
  }
  return [...left].map(
    (group) =>
      text`"${group}" of ${name} has no turn in ${setting('epochs', epochs)}: it stays as it starts. Train for more epochs`,
  );
}

/** The turns of an epoch. */
export interface EpochTurns {
  /** Of a step, which counts from 0 in the epoch. */
  at(step: number): readonly GroupTurn[];
  /** How often each group has been trained when the epoch is over. */
  readonly updates: Readonly<Record<string, number>>;
}

/** The turns of an epoch of so many steps; a function of the state that its beginning left, whatever step the state is at. */
export function turnsOfEpoch(
  turns: Turns | undefined,
  { epoch, step, globalStep, updates = {} }: Pick<RunState, 'epoch' | 'step' | 'globalStep' | 'updates'>,
  steps: number,
): EpochTurns | undefined {
  if (turns === undefined) return undefined;
  const before = globalStep - step; // steps of earlier epochs
  const counts = new Map(turns.groups.map((group) => [group, updates[group] ?? 0]));
  const all = Array.from({ length: steps }, (_, own) =>
    turns.groups.map((group): GroupTurn => {
      const on = turns.on(group, { epoch, step: before + own });
      const count = (counts.get(group) ?? 0) + (on ? 1 : 0);
      counts.set(group, count);
      return { group, on, updates: count };
    }),
  );
  return { at: (own) => all[own] ?? [], updates: Object.fromEntries(counts) };
}
