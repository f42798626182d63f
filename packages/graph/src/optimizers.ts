// Optimizers as graph functions: one parameter's update from its gradient. Scalars that change with
// the step (learning rate, bias corrections) are inputs, computed on the host in double precision.
import { needed, option, type OptionRule } from '@difsr/errors';
import { add, concat, div, input, less, minimum, mul, reduceSum, reshape, select, slice, sqrt, sub } from './build.js';
import type { HostTensor } from './backend.js';
import { knownShape, type TrainedParameter } from './parameter.js';
import type { Tensor } from './signatures.js';
import { GraphError } from './types.js';

/** What every optimizer has. */
interface CommonOptimizer {
  /** Weight decay, of parameters of the decay group alone. */
  readonly decay?: number;
  /**
   * Decay of a running average of the parameters, kept beside them as state `average.NAME` (Polyak & Juditsky, 1992). Default 0: none is kept.
   */
  readonly averageDecay?: number;
}

interface Moments extends CommonOptimizer {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/** Which optimizer, and its constants. */
export type OptimizerConfig =
  | ({ readonly kind: 'adam' } & Moments)
  | ({ readonly kind: 'adamw' } & Moments)
  | ({ readonly kind: 'sgd'; readonly momentum?: number } & CommonOptimizer);

/** Kind of the state variables of averages: `average.PACK`, see {@link statePacks}. */
export const AVERAGE = 'average';

/** The update of all parameters: new values and new state, by variable name. */
export interface OptimizerGraph {
  /** Variable name -> its new value. */
  readonly updates: ReadonlyMap<string, Tensor>;
  /** State variables to create as zeros: name -> shape. */
  readonly state: ReadonlyMap<string, readonly number[]>;
  /** Norm of all gradients together, before clipping. */
  readonly gradientNorm: Tensor;
}

type Kind = OptimizerConfig['kind'];
type Of<K extends Kind> = Extract<OptimizerConfig, { readonly kind: K }>;
const kind = needed(option.given);
const common = { decay: option.notNegative, averageDecay: option.share };
const moments = { kind, beta1: option.share, beta2: option.share, epsilon: option.notNegative, ...common };
const KINDS: { readonly [K in Kind]: OptionRule } = {
  adam: option.object<Of<'adam'>>(moments),
  adamw: option.object<Of<'adamw'>>(moments),
  sgd: option.object<Of<'sgd'>>({ kind, momentum: option.share, ...common }),
};

/** The rule of an optimizer: its kind says which constants it has. */
export const optimizerRule: OptionRule = (value, path) => {
  const given: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'kind') : undefined;
  const rule = Object.entries(KINDS).find(([name]) => name === given)?.[1];
  return rule === undefined ? option.oneOf(...Object.keys(KINDS))(given, `${path}.kind`) : rule(value, path);
};

function checkOptimizer(config: OptimizerConfig): void {
  const problem = optimizerRule(config, 'optimizer');
  if (problem !== undefined) throw new GraphError(problem);
}

/** A group of parameters in a step: see {@link Parameter.group}. */
export interface GroupTurn {
  readonly group: string;
  /** Whether it is trained. */
  readonly on: boolean;
  /** How often it has been, this step included if it is on: what bias corrections go by. */
  readonly updates: number;
}

/**
 * Values of the scalar inputs `optimizer.*` at a step (1-based).
 *
 * @param turns Of parameters with groups: the turn of each group.
 */
export function optimizerScalars(
  config: OptimizerConfig,
  step: number,
  learningRate: number,
  turns?: readonly GroupTurn[],
): Record<string, number> {
  checkOptimizer(config);
  const on = Object.fromEntries((turns ?? []).map((turn) => [`optimizer.on.${turn.group}`, turn.on ? 1 : 0]));
  const { averageDecay = 0 } = config;
  const corrected = (updates: number, suffix: string): Record<string, number> =>
    config.kind === 'sgd' ? {} : momentScalars(config, updates, learningRate, suffix);
  // Decoupled decay and SGD alone need it bare.
  const bare = config.kind === 'sgd' || (config.kind === 'adamw' && (config.decay ?? 0) > 0);
  return {
    ...(bare ? { 'optimizer.learningRate': learningRate } : {}),
    // A group that has never been on is not updated: any finite number will do.
    ...(turns === undefined
      ? corrected(step, '')
      : Object.fromEntries(
          turns.flatMap(({ group, updates }) => Object.entries(corrected(Math.max(1, updates), `.${group}`))),
        )),
    // a' = a + (1-d)/(1-d^t) (x - a) is the mean of x_1 .. x_t weighted by d^(t-i): x_1 itself at first
    ...(averageDecay > 0 ? { 'optimizer.averageShare': (1 - averageDecay) / (1 - averageDecay ** step) } : {}),
    ...on,
  };
}

/** lr m^ / (sqrt(v^) + eps) with m^ = m/(1-b1^t), v^ = v/(1-b2^t), the corrections moved into two scalars. */
function momentScalars(
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: Moments,
  updates: number,
  learningRate: number,
  suffix: string,
): Record<string, number> {
  const second = Math.sqrt(1 - beta2 ** updates);
  return {
    [`optimizer.stepSize${suffix}`]: (learningRate * second) / (1 - beta1 ** updates),
    [`optimizer.epsilon${suffix}`]: epsilon * second,
  };
}

/** Parameters of at most so many elements are updated together: many tiny ops cost more than one copy of their operands. */
const SMALL = 16_384;

/** Several parameters end to end, or one as it is. */
interface Pack {
  /** Suffix of the state variables' names. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly value: Tensor;
  readonly gradient: Tensor;
  readonly decay: boolean;
  readonly group: string | undefined;
  /** New values of the parameters in it. */
  unpack(next: Tensor): readonly (readonly [name: string, next: Tensor])[];
}

/**
 * One optimizer step over all parameters.
 *
 * Adam: Kingma & Ba, ICLR 2015, algorithm 1; AdamW: Loshchilov & Hutter, ICLR 2019, algorithm 2 (decay
 * is multiplied by the learning rate); SGD with momentum as PyTorch writes it, `buf = momentum buf + g`.
 *
 * Small parameters share their moments: state `adam.m.small` holds those with decay, `adam.m.small.plain` those without,
 * end to end in the order of the parameters; of parameters with groups (`adam.m.small@GROUP`) those of one group. Averages are packed alike.
 *
 * @param clipNorm gradients are scaled down together when their common norm exceeds it.
 */
export function optimizerStep(
  config: OptimizerConfig,
  parameters: readonly TrainedParameter[],
  clipNorm?: number,
): OptimizerGraph {
  checkOptimizer(config);
  if (clipNorm !== undefined && !(Number.isFinite(clipNorm) && clipNorm > 0))
    throw new GraphError(
      `clipNorm is a finite number above 0, got ${String(clipNorm)}: leave it out where nothing is clipped`,
    );
  if (parameters.length === 0) throw new GraphError('nothing to train: no parameter was given');
  const packs = packAll(parameters);
  const scalars = new Map<string, Tensor>();
  const scalar = (name: string): Tensor => {
    const tensor = scalars.get(name) ?? input(`optimizer.${name}`, []);
    scalars.set(name, tensor);
    return tensor;
  };
  const squares = packs.map(({ gradient, group }) => {
    const own = reduceSum(mul(gradient, gradient));
    return group === undefined ? own : mul(own, scalar(`on.${group}`));
  });
  const gradientNorm = sqrt(squares.reduce((a, b) => add(a, b)));
  const clip = clipNorm === undefined ? undefined : minimum(div(clipNorm, add(gradientNorm, 1e-12)), 1);
  const updates = new Map<string, Tensor>();
  const state = new Map<string, readonly number[]>();
  for (const pack of packs) {
    const { group } = pack;
    // The values of a group that is not on stay as they are, moments included.
    const turn = (next: Tensor, present: Tensor): Tensor =>
      group === undefined ? next : select(less(0.5, scalar(`on.${group}`)), next, present);
    const own: Scalar = (name) => scalar(group === undefined || name === 'learningRate' ? name : `${name}.${group}`);
    const rate = pack.decay ? (config.decay ?? 0) : 0;
    const clipped = clip === undefined ? pack.gradient : mul(pack.gradient, clip);
    // L2 decay joins the gradient; AdamW's is decoupled
    const gradient = config.kind !== 'adamw' && rate > 0 ? add(clipped, mul(pack.value, rate)) : clipped;
    const remember: Remember = (kind, next) => {
      const name = `${kind}.${pack.name}`;
      state.set(name, pack.shape);
      const present = input(name, pack.shape);
      const updated = next(present);
      updates.set(name, turn(updated, present));
      return updated;
    };
    const next =
      config.kind === 'sgd'
        ? sgd(config, pack.value, gradient, remember, own)
        : adam(config, pack.value, gradient, rate, remember, own);
    const value = turn(next, pack.value);
    for (const [name, tensor] of pack.unpack(value)) updates.set(name, tensor);
    if ((config.averageDecay ?? 0) > 0) {
      // Of every step, whether the group was on or not: what has never been on is what it was.
      const name = `${AVERAGE}.${pack.name}`;
      const average = input(name, pack.shape);
      state.set(name, pack.shape);
      updates.set(name, add(average, mul(sub(value, average), scalar('averageShare'))));
    }
  }
  return { updates, state, gradientNorm };
}

/** A scalar input that changes with the step, see {@link optimizerScalars}. */
type Scalar = (name: 'learningRate' | 'stepSize' | 'epsilon') => Tensor;

/** Declares a state variable, given its next value as a function of the present one; returns the next value. */
type Remember = (kind: string, next: (present: Tensor) => Tensor) => Tensor;

function sgd(
  { momentum = 0 }: Extract<OptimizerConfig, { kind: 'sgd' }>,
  value: Tensor,
  gradient: Tensor,
  remember: Remember,
  scalar: Scalar,
): Tensor {
  const direction = momentum > 0 ? remember('momentum', (buffer) => add(mul(buffer, momentum), gradient)) : gradient;
  return sub(value, mul(direction, scalar('learningRate')));
}

function adam(
  config: Exclude<OptimizerConfig, { kind: 'sgd' }>,
  value: Tensor,
  gradient: Tensor,
  rate: number,
  remember: Remember,
  scalar: Scalar,
): Tensor {
  const { beta1 = 0.9, beta2 = 0.999 } = config;
  // m' = m + (1-b1)(g - m); v' = v + (1-b2)(g^2 - v)
  const m = remember('adam.m', (present) => add(present, mul(sub(gradient, present), 1 - beta1)));
  const v = remember('adam.v', (present) => add(present, mul(sub(mul(gradient, gradient), present), 1 - beta2)));
  const decayed = config.kind === 'adamw' && rate > 0 ? mul(value, sub(1, mul(scalar('learningRate'), rate))) : value;
  return sub(decayed, mul(div(m, add(sqrt(v), scalar('epsilon'))), scalar('stepSize')));
}

/** Parameters that share their state, end to end in their order; large ones have their own. */
export interface StatePack<P> {
  /** Suffix of the state variables' names. */
  readonly name: string;
  readonly members: readonly { readonly parameter: P; readonly shape: readonly number[] }[];
  readonly decay: boolean;
  readonly group: string | undefined;
}

/**
 * How an optimizer packs parameters; its state variables are `KIND.PACK`, such as `adam.m.small`.
 *
 * @throws GraphError where some have a group, and others have none.
 */
export function statePacks<P extends Omit<TrainedParameter, 'gradient'>>(parameters: readonly P[]): StatePack<P>[] {
  const groups = [...new Set(parameters.map(({ group }) => group))];
  const without = parameters.find(({ group }) => group === undefined);
  if (groups.length > 1 && without !== undefined)
    throw new GraphError(`parameter "${without.name}" has no group, and others have one: give all of them one`);
  return groups.flatMap((group) => packsOf(parameters.filter((parameter) => parameter.group === group)));
}

function packsOf<P extends Omit<TrainedParameter, 'gradient'>>(parameters: readonly P[]): StatePack<P>[] {
  type Member = StatePack<P>['members'][number];
  const sized = parameters.map((parameter): Member => ({ parameter, shape: knownShape(parameter) }));
  const sets = [true, false].map((decay) =>
    sized.filter(({ parameter, shape }) => count(shape) <= SMALL && parameter.decay === decay),
  );
  const together = sets.filter((set) => set.length > 1);
  const single = sized.filter((one) => !together.some((set) => set.includes(one)));
  const pack = (name: string, members: readonly Member[]): StatePack<P>[] =>
    members.slice(0, 1).map(({ parameter: { decay, group } }) => ({ name, members, decay, group }));
  const suffix = (group: string | undefined): string => (group === undefined ? '' : `@${group}`);
  return [
    ...single.flatMap((one) => pack(one.parameter.name, [one])),
    ...together.flatMap((members) =>
      pack(
        `${members[0]?.parameter.decay === true ? 'small' : 'small.plain'}${suffix(members[0]?.parameter.group)}`,
        members,
      ),
    ),
  ];
}

/**
 * The running averages of parameters, out of the state that an optimizer with `averageDecay` keeps.
 *
 * @param parameters Those that are trained.
 * @param state Values of `average.PACK` at least.
 * @throws GraphError where the average of some is missing.
 * @example
 * ```ts
 * const state = await variables.read([...step.state.keys()]);
 * await variables.write(averagesOf(parameters.filter(({ trainable }) => trainable), state));
 * ```
 */
export function averagesOf<P extends Omit<TrainedParameter, 'gradient'>>(
  parameters: readonly P[],
  state: Readonly<Record<string, HostTensor>>,
): Record<string, HostTensor> {
  const values = statePacks(parameters).flatMap(({ name, members }) => {
    const average = state[`${AVERAGE}.${name}`];
    if (average === undefined)
      throw new GraphError(`no average of "${name}" is kept: its optimizer has no averageDecay`);
    let start = 0;
    return members.map(({ parameter, shape }): readonly [string, HostTensor] => {
      start += count(shape);
      return [parameter.name, { ...average, shape, data: average.data.slice(start - count(shape), start) }];
    });
  });
  return Object.fromEntries(values);
}

function packAll(parameters: readonly TrainedParameter[]): Pack[] {
  return statePacks(parameters).map((pack) => {
    const [only, second] = pack.members;
    return only !== undefined && second === undefined ? alone(only.parameter, only.shape) : packed(pack);
  });
}

function alone({ name, tensor, gradient, decay, group }: TrainedParameter, shape: readonly number[]): Pack {
  return { name, shape, value: tensor, gradient, decay, group, unpack: (next) => [[name, next]] };
}

function packed({ name, members, decay, group }: StatePack<TrainedParameter>): Pack {
  const flat = (tensor: Tensor, shape: readonly number[]): Tensor => reshape(tensor, [count(shape)]);
  return {
    name,
    shape: [members.reduce((sum, { shape }) => sum + count(shape), 0)],
    value: concat(
      members.map(({ parameter, shape }) => flat(parameter.tensor, shape)),
      0,
    ),
    gradient: concat(
      members.map(({ parameter, shape }) => flat(parameter.gradient, shape)),
      0,
    ),
    decay,
    group,
    unpack: (next) => {
      let start = 0;
      return members.map(({ parameter, shape }) => {
        start += count(shape);
        return [parameter.name, reshape(slice(next, 0, start - count(shape), start), shape)] as const;
      });
    },
  };
}

const count = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
