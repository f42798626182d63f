// Names of the ONNX values of a graph's tensors. In a float16 program a tensor may exist in both precisions; each is cast
// to the other once, when first needed, so a cast and its inverse never follow each other. Where the device has no float16
// (the CPU: ONNX Runtime would compute in float32 and round nothing), its rounding is kept: a value is cast to float16 and
// back, and computing goes on in float32.
import { GraphError, type Node, type Tensor } from '@difsr/graph';
import { onnxDataType } from '../file/encode.js';
import type { Emitter } from './emitter.js';
import { treatment, type Arithmetic, type Width } from './precision.js';

interface Entry {
  full: string | undefined;
  half: string | undefined;
  readonly width: Width;
}

/** See the head of the module. */
export class Values {
  readonly #emitter: Emitter;
  readonly #arithmetic: Arithmetic;
  readonly #entries = new Map<Tensor, Entry>();
  /** What {@link nameOf} gives for float tensors: what the node that is lowered now computes in. */
  #computing: 'half' | 'full' = 'full';
  #result: Width = 'full';

  constructor(emitter: Emitter, arithmetic: Arithmetic) {
    this.#emitter = emitter;
    this.#arithmetic = arithmetic;
  }

  /** Names from now on are what `node` computes in. */
  enter(node: Node): void {
    if (this.#arithmetic === 'float32') return;
    const { computes, result } = treatment(node, (tensor) => this.#entry(tensor).width);
    this.#computing = computes;
    this.#result = result;
  }

  /** Names from now on are float32's. */
  leave(): void {
    this.#computing = 'full';
    this.#result = 'full';
  }

  /** Records the results of the node that was entered. */
  assign(tensor: Tensor, name: string): void {
    const float = tensor.dtype === 'float32';
    if (float && this.#computing === 'half') {
      const half = this.#arithmetic === 'float16 rounding' ? this.#round(name) : name;
      this.#entries.set(tensor, { half, full: undefined, width: this.#result });
    } else this.#entries.set(tensor, { full: name, half: undefined, width: float ? this.#result : 'full' });
  }

  /** Whether a tensor has been lowered. */
  has(tensor: Tensor): boolean {
    return this.#entries.has(tensor);
  }

  /** The value of a tensor that has been lowered, in what is computed now; a bool or an integer as it is. */
  nameOf(tensor: Tensor): string {
    const entry = this.#entry(tensor);
    if (this.#computing === 'half' && tensor.dtype === 'float32') return (entry.half ??= this.#toHalf(entry.full));
    return (entry.full ??= this.#toFull(entry.half));
  }

  #toHalf(name = ''): string {
    return this.#arithmetic === 'float16 rounding' ? this.#round(name) : this.#cast(name, 'float16');
  }

  #toFull(name = ''): string {
    return this.#arithmetic === 'float16 rounding' ? name : this.#cast(name, 'float');
  }

  #round(name: string): string {
    return this.#cast(this.#cast(name, 'float16'), 'float');
  }

  #cast(from: string, to: 'float' | 'float16'): string {
    return this.#emitter.op('Cast', [from], { to: onnxDataType(to) });
  }

  #entry(tensor: Tensor): Entry {
    const entry = this.#entries.get(tensor);
    if (entry === undefined) throw new GraphError(`${tensor.node.op} #${tensor.node.id} is used before it is computed`);
    return entry;
  }
}
