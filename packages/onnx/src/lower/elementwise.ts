// Lowering of leaves and elementwise ops: mostly one ONNX operator each.
import { at, broadcastShapes, sameShape, type NodeOf, type OpName, type Shape, type Tensor } from '@difsr/graph';
import { onnxDataType } from '../file/encode.js';
import { onnxDTypes, producedBy } from './emitter.js';
import type { Lowering, Surroundings } from './lowering.js';
import { scatterOnto } from './rows.js';

type Binary = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum' | 'equal' | 'less' | 'and' | 'or';
type Unary = 'not' | 'neg' | 'exp' | 'log' | 'sqrt' | 'erf' | 'sigmoid' | 'tanh' | 'relu';

/** Operators that broadcast by themselves read the source of a `broadcast`, if the result keeps its shape: the repeated tensor is then never made. */
function operands(node: NodeOf<OpName>, { valueOf }: Surroundings): string[] {
  const inputs: readonly (Tensor | undefined)[] = node.inputs;
  const given = inputs.filter((tensor) => tensor !== undefined);
  const { shape } = at(node.outputs, 0);
  given.forEach((tensor, i) => {
    const source = producedBy(tensor, 'broadcast')?.inputs[0];
    if (source === undefined) return;
    const shapes = given.map((other, j): Shape => (j === i ? source.shape : other.shape));
    if (sameShape(shapes.reduce(broadcastShapes), shape)) given[i] = source;
  });
  return given.map(valueOf);
}

function binary<N extends Binary>(type: string): Lowering<N> {
  return (emitter, node, _, surroundings) => [emitter.op(type, operands(node, surroundings))];
}

function unary<N extends Unary>(type: string): Lowering<N> {
  return (emitter, _, [x]) => [emitter.op(type, [x])];
}

export const elementwise: {
  readonly [N in Binary | Unary | 'softplus' | 'gelu' | 'stopGradient' | 'cast' | 'select']: Lowering<N>;
} = {
  // Adding to a scattered tensor: scatter onto the other operand instead of onto zeros.
  add: (emitter, node, _, surroundings) => {
    for (const [scattered, other] of [node.inputs, node.inputs.toReversed()] as const) {
      const scatter = scattered && producedBy(scattered, 'scatterAdd');
      if (scatter === undefined || other === undefined) continue;
      if (surroundings.uses(scattered) === 1 && sameShape(other.shape, scattered.shape)) {
        return [scatterOnto(emitter, scatter, surroundings.valueOf(other), surroundings)];
      }
    }
    return [emitter.op('Add', operands(node, surroundings))];
  },
  sub: binary('Sub'),
  mul: binary('Mul'),
  div: binary('Div'),
  maximum: binary('Max'),
  minimum: binary('Min'),
  equal: binary('Equal'),
  less: binary('Less'),
  and: binary('And'),
  or: (emitter, _, [a, b]) => [emitter.or(a, b)],
  not: unary('Not'),
  neg: unary('Neg'),
  exp: unary('Exp'),
  log: unary('Log'),
  sqrt: unary('Sqrt'),
  erf: unary('Erf'),
  sigmoid: unary('Sigmoid'),
  // relu(x) - log(sigmoid(|x|)): every step has a vectorized kernel, which ONNX Runtime's Softplus lacks (measured: 4 times as slow).
  softplus: (emitter, _, [x]) => {
    if (emitter.target === 'export') return [emitter.op('Softplus', [x])];
    const logs = emitter.op('Log', [emitter.op('Sigmoid', [emitter.op('Abs', [x])])]);
    return [emitter.op('Sub', [emitter.op('Relu', [x]), logs])];
  },
  tanh: unary('Tanh'),
  relu: unary('Relu'),
  gelu: (emitter, _, [x]) => {
    if (emitter.target === 'runtime') return [emitter.op('Gelu', [x])];
    const erf = emitter.op('Erf', [emitter.op('Mul', [x, emitter.scalar(Math.SQRT1_2)])]);
    const distribution = emitter.op('Mul', [emitter.op('Add', [erf, emitter.scalar(1)]), emitter.scalar(0.5)]);
    return [emitter.op('Mul', [x, distribution])];
  },
  stopGradient: (_emitter, _node, [x]) => [x],
  cast: (emitter, { attributes: { to } }, [x]) => [emitter.op('Cast', [x], { to: onnxDataType(onnxDTypes[to]) })],
  select: (emitter, node, inputs, surroundings) => {
    if (at(node.outputs, 0).dtype !== 'bool') return [emitter.op('Where', operands(node, surroundings))];
    // Where over truth values is not implemented everywhere: (c and a) or (not c and b).
    const [condition, a, b] = inputs;
    const otherwise = emitter.op('And', [emitter.op('Not', [condition]), b]);
    return [emitter.or(emitter.op('And', [condition, a]), otherwise)];
  },
};
