// The optional package of the backend tfjs, in a file of its own: what the package exports has types without it.
import { importOptional } from '@difsr/errors/packages';
import type * as Tfjs from '@difsr/tfjs';

/** `@difsr/tfjs` with what it needs: loaded, and installed, by those who use it. @throws MissingPackageError */
export function importTfjs(): Promise<typeof Tfjs> {
  const packages = ['@difsr/tfjs', '@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'];
  return importOptional(() => import('@difsr/tfjs'), { packages, use: 'the backend tfjs', from: import.meta.url });
}
