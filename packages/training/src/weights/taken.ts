// What was taken of another run's weights: plain data, for reports and files.

/** What a run began from, and what it has of it: `init.json`. */
export interface InitialWeights {
  /** The other run's folder, as it was named. */
  readonly run: string;
  /** The other run's model. */
  readonly model: string;
  /** SHA-256 of the other run's `model.safetensors`, in hexadecimal digits. */
  readonly sha256: string;
  /** Parameters that were taken whole. */
  readonly whole: readonly string[];
  /** Tables of which the rows were taken that both runs have. */
  readonly partly: readonly (TakenRows & { readonly name: string })[];
  /** Parameters that the other run does not have. */
  readonly absent: readonly string[];
  /** Parameters that it has otherwise, and how: not taken. */
  readonly unfit: readonly UnfitParameter[];
  /** Parameters of the other run that this model does not have. */
  readonly unused: readonly string[];
  /** Fields whose numbers are scaled as in the other run instead of by this data, so that weights mean what they meant there. */
  readonly scales: readonly string[];
}

/** A parameter that bears the name of another run's, and cannot be taken from it. */
export interface UnfitParameter {
  readonly name: string;
  readonly reason: string;
}

/** `taken` of `rows` along an axis; padding, and what an objective has behind the items, such as [MASK], count. */
export interface TakenRows {
  /** What the rows stand for: `items`, `values of FIELD` or `positions`. */
  readonly of: string;
  readonly taken: number;
  readonly rows: number;
}
