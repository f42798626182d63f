// The large product that says how fast a machine is at this moment: 1024^3 multiplications and additions, nothing else.
import { createGraph, input, matmul, reduceSum, type Backend } from '@difsr/graph';

/** A product of square matrices on a backend. */
export async function tracedProduct(
  backend: Backend,
  size: number,
): Promise<{ run(): Promise<unknown>; dispose(): Promise<void> }> {
  const a = input('a', [size, size]);
  const data = Float32Array.from({ length: size * size }, (_, i) => ((i * 7919) % 101) / (101 * size));
  const variables = await backend.createVariables({ a: { dtype: 'float32', shape: [size, size], data } });
  const program = await backend.compile(createGraph({ y: reduceSum(matmul(a, a)) }), { variables, label: 'product' });
  return {
    run: () => program.run({}),
    dispose: async () => {
      await program.dispose();
      await variables.dispose();
    },
  };
}
