// The two things that can go wrong: arguments that make no sense, and a model whose scores are not numbers any more.
import { DifsrError } from '@difsr/errors';

/** Ranks, hits or cutoffs that cannot be measured. Names the value, what is allowed and the cure. */
export class MetricsError extends DifsrError {
  override readonly name: string = 'MetricsError';
}

/** A score that would be ranked is NaN or infinite: such a model has no ranking, and must never seem to have a good one. */
export class NonFiniteScoreError extends MetricsError {
  override readonly name = 'NonFiniteScoreError';
  /** Row of the user in what was ranked. */
  readonly user: number;
  /** Item id, the column of the score. */
  readonly item: number;
  readonly value: number;

  constructor(user: number, item: number, value: number) {
    super({
      what: `The score of item ${item} for user row ${user} is ${value}, not a finite number`,
      cure: 'the model has diverged; train it again with a lower learning rate or with gradient clipping',
    });
    this.user = user;
    this.item = item;
    this.value = value;
  }
}
