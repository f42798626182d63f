// Einsum for tfjs's wasm device: two operands become one batch of matrix products, one becomes a sum and a transpose.
import { backend_util, type KernelConfig, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf } from '@difsr/graph';
import { reshape, run } from '../kernel.js';
import { batchProductOnWasm } from '../wasm.js';
import { input, textAttribute } from './kernel-parts.js';

/** An operand and the letters of its axes. */
interface Operand {
  readonly tensor: Tensor;
  readonly axes: string;
}

/** Sums products of two tensors, or one tensor, over the letters that the output lacks; `bnd,bmd->bnm`. */
export const einsum: KernelConfig = {
  kernelName: 'Einsum',
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs }) => {
    const equation = textAttribute(attrs, 'equation').replaceAll(/\s/g, '');
    const tensors = Object.keys(inputs).map((name) => input(inputs, name));
    const { allDims, idDims } = backend_util.decodeEinsumEquation(equation, tensors.length);
    const temporary: Tensor[] = [];
    const scratch = (tensor: Tensor): Tensor => {
      temporary.push(tensor);
      return tensor;
    };
    const handles = tensors.map((tensor) => scratch(handleOn(tensor)));
    backend_util.checkEinsumDimSizes(allDims.length, idDims, handles);
    const [left = '', out = ''] = equation.split('->');
    const operands = left.split(',').flatMap((axes, i) => {
      const tensor = handles[i];
      return tensor === undefined ? [] : [{ tensor, axes }];
    });
    try {
      return contractOperands(operands, out, scratch);
    } finally {
      for (const tensor of temporary) tensor.dispose();
    }
  },
};

/** A tensor that may be disposed, on the memory of a kernel's input. */
function handleOn(x: TensorInfo): Tensor {
  // A kernel's inputs are tensors wherever an operation of tfjs called it; its type promises less than reshape asks for.
  return reshape(x as Tensor, x.shape);
}

function contractOperands(operands: readonly Operand[], out: string, scratch: (tensor: Tensor) => Tensor): TensorInfo {
  const [a, b] = operands.map((operand, i) => {
    const others = operands.filter((_, j) => j !== i).map(({ axes }) => axes);
    return summed(operand, (letter) => out.includes(letter) || others.some((axes) => axes.includes(letter)), scratch);
  });
  if (a === undefined) throw new RangeError('einsum without an operand');
  if (b === undefined) return ordered(a, out, (tensor) => tensor);
  const letters = (axes: string, keep: (letter: string) => boolean): string => [...axes].filter(keep).join('');
  const shared = letters(a.axes, (letter) => b.axes.includes(letter) && out.includes(letter));
  const inner = letters(a.axes, (letter) => b.axes.includes(letter) && !out.includes(letter));
  const rows = letters(a.axes, (letter) => !b.axes.includes(letter));
  const columns = letters(b.axes, (letter) => !a.axes.includes(letter));
  const size = new Map<string, number>();
  for (const { tensor, axes } of [a, b]) [...axes].forEach((letter, axis) => size.set(letter, tensor.shape[axis] ?? 1));
  const sizes = (axes: string): number[] => [...axes].map((letter) => size.get(letter) ?? 1);
  const [batch, m, k, n] = [shared, rows, inner, columns].map((axes) => sizeOf(sizes(axes))) as [
    number,
    number,
    number,
    number,
  ]; // four lists give four sizes
  const left = scratch(reshape(ordered(a, shared + rows + inner, scratch), [batch, m, k]));
  const right = scratch(reshape(ordered(b, shared + inner + columns, scratch), [batch, k, n]));
  const product =
    batchProductOnWasm(left, right, [batch, m, n]) ??
    run('BatchMatMul', { a: left, b: right }, { transposeA: false, transposeB: false });
  const axes = shared + rows + columns;
  const whole = scratch(reshape(scratch(product), sizes(axes)));
  return ordered({ tensor: whole, axes }, out, (tensor) => tensor);
}

/** The operand summed over the axes that nobody else has. */
function summed(
  { tensor, axes }: Operand,
  wanted: (letter: string) => boolean,
  scratch: (tensor: Tensor) => Tensor,
): Operand {
  const gone = [...axes].flatMap((letter, axis) => (wanted(letter) ? [] : [axis]));
  if (gone.length === 0) return { tensor, axes };
  const sum = scratch(run('Sum', { x: tensor }, { axis: gone, keepDims: false }));
  return { tensor: sum, axes: [...axes].filter(wanted).join('') };
}

/** The operand with its axes in another order. */
function ordered({ tensor, axes }: Operand, order: string, own: (tensor: Tensor) => Tensor): Tensor {
  return own(run('Transpose', { x: tensor }, { perm: [...order].map((letter) => axes.indexOf(letter)) }));
}
