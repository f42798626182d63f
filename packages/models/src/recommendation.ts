// What recommending, comparing and explaining answer with.

/** One recommended item. */
export interface Recommendation {
  readonly id: string;
  readonly name?: string;
  readonly score: number;
}
