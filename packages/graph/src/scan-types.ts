// The shape rule of scan, and how its operands are named inside its body. Apart from `scan.ts`, which builds scans with the
// ops that this rule is one of.
import type { ScanAttributes } from './signatures.js';
import { at, formatType, GraphError, sameShape, type TensorType } from './types.js';

/** Names of a body's inputs, in the order of the scan's operands. */
export function scanInputs({ body, states, sequences }: ScanAttributes): string[] {
  const named = (kind: string, count: number): string[] =>
    Array.from({ length: Math.max(0, count) }, (_, i) => `${kind}.${i}`);
  return [
    ...named('state', states),
    ...named('element', sequences),
    ...named('outer', body.inputs.size - states - sequences),
  ];
}

/** Types of a scan's outputs. */
export function inferScan(inputs: readonly TensorType[], attributes: ScanAttributes): TensorType[] {
  const { body, states, sequences, collect } = attributes;
  if (sequences < 1) throw new GraphError('needs a sequence, whose length is the number of steps');
  if (inputs.length !== body.inputs.size || collect.length !== states || body.outputs.size !== states)
    throw new GraphError(
      `${inputs.length} operands and ${collect.length} states for a body of ${body.inputs.size} inputs and ${body.outputs.size} results`,
    );
  const time = at(inputs, states).shape[0];
  if (time === undefined) throw new GraphError('a sequence has an axis of time, got a scalar');
  return scanInputs(attributes).flatMap((name, i) => {
    const given = at(inputs, i);
    const isSequence = i >= states && i < states + sequences;
    if (isSequence && given.shape[0] !== time)
      throw new GraphError(`sequences differ in length: ${time} and ${given.shape[0] ?? 'none'} along axis 0`);
    requireType(
      `the body's "${name}"`,
      body.inputs.get(name),
      given.dtype,
      isSequence ? given.shape.slice(1) : given.shape,
    );
    if (i >= states) return [];
    requireType(`state ${i} after a step`, body.outputs.get(name), given.dtype, given.shape);
    return [{ dtype: given.dtype, shape: collect[i] === true ? [time, ...given.shape] : given.shape }];
  });
}

function requireType(
  what: string,
  type: TensorType | undefined,
  dtype: TensorType['dtype'],
  shape: TensorType['shape'],
): void {
  if (type === undefined || type.dtype !== dtype || !sameShape(type.shape, shape))
    throw new GraphError(
      `${what} is ${type === undefined ? 'missing' : formatType(type)}, given ${formatType({ dtype, shape })}`,
    );
}
