// The settings of the generated data set, their defaults and bounds.
import { option, type OptionRules } from '@difsr/errors';
import { DataError, type DataProblem } from './errors.js';
import { CATEGORY_COUNT, LINES_PER_CATEGORY } from './generate-catalogue.js';

/** The process of the generated data set. */
export interface GenerateOptions {
  /** Any whole number; the same seed gives the same data on every machine. Default 1. */
  readonly seed?: number;
  /** Default 2,400. */
  readonly users?: number;
  /** Items in the catalogue, 126 or more. Default 1,500. */
  readonly items?: number;
  /** Fewest interactions of a user. Default 5. */
  readonly minLength?: number;
  /** Mean interactions of a user. Default 12. */
  readonly meanLength?: number;
  /** Probability that a session goes on after an item. Default 0.3. */
  readonly stay?: number;
  /** Probability that a new session returns to a category visited before. Default 0.1. */
  readonly back?: number;
  /** Probability that a new session moves on to the next category of the department. Default 0.8. */
  readonly chain?: number;
  /** Probability that an item comes from the line the user is loyal to. Default 0.9. */
  readonly loyalty?: number;
}

/** All of them. */
export type GenerateSettings = Required<GenerateOptions>;

/** For the check of options. */
export const GENERATE_RULES: OptionRules<GenerateOptions> = {
  seed: option.number,
  users: option.number,
  items: option.number,
  minLength: option.number,
  meanLength: option.number,
  stay: option.number,
  back: option.number,
  chain: option.number,
  loyalty: option.number,
};

const DEFAULTS: GenerateSettings = {
  seed: 1,
  users: 2400,
  items: 1500,
  minLength: 5,
  meanLength: 12,
  stay: 0.3,
  back: 0.1,
  chain: 0.8,
  loyalty: 0.9,
};

/** What every setting may be. */
const LIMITS: { readonly [K in keyof GenerateSettings]: readonly [min: number, max: number, whole: boolean] } = {
  seed: [-(2 ** 31), 2 ** 32 - 1, true],
  users: [1, 100_000_000, true],
  items: [CATEGORY_COUNT * LINES_PER_CATEGORY, 10_000_000, true],
  minLength: [1, 100, true],
  meanLength: [1, 100, false],
  stay: [0, 1, false],
  back: [0, 1, false],
  chain: [0, 1, false],
  loyalty: [0, 1, false],
};

/** Fills in the defaults. @throws DataError if a setting is out of its bounds */
export function generateSettings(options: GenerateOptions): GenerateSettings {
  const settings = { ...DEFAULTS, ...options };
  check(settings);
  return settings;
}

function check(settings: GenerateSettings): void {
  const problems: DataProblem[] = [];
  for (const [name, [min, max, whole]] of Object.entries(LIMITS)) {
    const value = Object.entries(settings).find(([key]) => key === name)?.[1] ?? Number.NaN;
    if (value >= min && value <= max && (!whole || Number.isInteger(value))) continue;
    const allowed = `${whole ? 'a whole number' : 'a number'} from ${min} to ${max}`;
    problems.push({
      file: 'generated',
      column: name,
      value: String(value),
      message: `is not ${allowed}`,
      cure: `set ${name} to ${allowed}`,
    });
  }
  if (problems.length > 0) throw new DataError(problems);
}

/** Forms in which `generateFiles` of `@difsr/prepare` writes the generated data set. */
export const GENERATED_FORMATS = ['csv', 'jsonl', 'parquet', 'atomic'] as const;
/** One of {@link GENERATED_FORMATS}. */
export type GeneratedFormat = (typeof GENERATED_FORMATS)[number];
