// A graph as an operation that tfjs can differentiate: the gradient is our own, handed over by tf.customGrad, so that
// tf.grad, tf.variableGrads and LayersModel.fit go through it and no gradient kernel of tfjs is needed.
import { checkOptions, option, type OptionRules } from '@difsr/errors';
import { at, createGraph, GraphError, optimize, vjp, type Graph, type Vjp } from '@difsr/graph';
import { customGrad, engine, type GradSaveFunc, type Tensor } from '@tensorflow/tfjs-core';
import { runGraph, runOwn, type NamedTensors } from './execute.js';

/** What is differentiated. */
export interface DifferentiableOptions {
  /** Inputs that get a gradient; default: all float32 inputs. Others count as constants. */
  readonly wrt?: readonly string[];
  /** The output to compute; default: the only one. */
  readonly output?: string;
}

const OPTIONS: OptionRules<DifferentiableOptions> = { wrt: option.list(option.text), output: option.text };

/**
 * Makes a function of tf tensors from one output of a graph; `tf.grad`, `tf.variableGrads` and the layers of tfjs go
 * through it. Only what the gradient needs is kept from the forward run, and nothing where no gradient is asked for.
 * First derivatives only: the gradient itself is a constant to tfjs.
 *
 * @returns a function from a tensor for every input of the graph (tf.Variables as well) to the output, a new tensor.
 * @throws GraphError for an unknown output or input, for one that has no gradient, and where inputs do not fit.
 * @example
 * ```ts
 * const x = input('x', ['n']);
 * const square = differentiableGraph(createGraph({ y: mul(x, x) }), { wrt: ['x'] });
 * tf.grad((t) => square({ x: t }).sum())(tf.tensor1d([1, 2])); // [2, 4]
 * ```
 */
export function differentiableGraph(
  graph: Graph,
  options: DifferentiableOptions = {},
): (inputs: NamedTensors) => Tensor {
  checkOptions('differentiableGraph', options, OPTIONS, GraphError);
  const output = chooseOutput(graph, options.output);
  const wrt = chooseInputs(graph, options.wrt);
  const primal = optimize(
    createGraph(
      {
        [output]: at(
          [...graph.outputs].flatMap(([name, t]) => (name === output ? [t] : [])),
          0,
        ),
      },
      [...graph.inputs.values()],
    ),
  );
  let split: Vjp | undefined; // made at the first call that is differentiated
  return (inputs) => {
    if (!engine().isTapeOn()) return onlyOutput(runGraph(primal, inputs), output);
    const derivative = (split ??= vjp(primal, wrt));
    const sources = wrt.map((name) => {
      const tensor = inputs[name];
      if (tensor === undefined) throw new GraphError(`input "${name}" was not given`);
      return tensor;
    });
    return record(derivative, { output, wrt }, inputs, sources);
  };
}

/** Runs forward and leaves the backward graph on tfjs's tape. */
function record(
  { forward, backward, residuals }: Vjp,
  { output, wrt }: Required<DifferentiableOptions>,
  inputs: NamedTensors,
  sources: readonly Tensor[],
): Tensor {
  const operation = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const save = args.at(-1);
    const results = runGraph(forward, inputs);
    if (typeof save === 'function') save(residuals.map((name) => onlyOutput(results, name)));
    return {
      value: onlyOutput(results, output),
      gradFunc: (cotangent: Tensor, saved: Tensor[]): Tensor[] => {
        const kept = Object.fromEntries(residuals.map((name, i) => [name, at(saved, i)]));
        const gradients = runOwn(backward, { ...kept, [`cotangent.${output}`]: cotangent });
        return wrt.map((name) => onlyOutput(gradients, `grad.${name}`));
      },
    };
  });
  return operation(...sources);
}

function onlyOutput(results: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = results[name];
  if (tensor === undefined) throw new GraphError(`the graph gave no "${name}"`);
  return tensor;
}

function chooseOutput(graph: Graph, wanted: string | undefined): string {
  const names = [...graph.outputs.keys()];
  const name = wanted ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined) throw new GraphError(`name one of the outputs ${names.join(', ')} as options.output`);
  const tensor = graph.outputs.get(name);
  if (tensor === undefined) throw new GraphError(`no output "${name}"; outputs are ${names.join(', ')}`);
  if (tensor.dtype !== 'float32') throw new GraphError(`output "${name}" is ${tensor.dtype}, which has no gradient`);
  return name;
}

function chooseInputs(graph: Graph, wanted: readonly string[] | undefined): readonly string[] {
  const float = [...graph.inputs].filter(([, { dtype }]) => dtype === 'float32').map(([name]) => name);
  const unknown = wanted?.find((name) => !float.includes(name));
  if (unknown !== undefined)
    throw new GraphError(`no float32 input "${unknown}" to differentiate by; there are ${float.join(', ') || 'none'}`);
  return wanted ?? float;
}
