// The large product on every open backend.
import type { Owned } from '@difsr/models';
import { tracedProduct } from '../engine/product.js';
import type { OpenBackend } from '../engine/open.js';
import type { Product } from '../measure/contest.js';

/** Sides of the matrices. */
export const PRODUCT_SIZE = 1024;
export const QUICK_PRODUCT_SIZE = 256;
/** The reference backend multiplies a thousand times slower. */
const REFERENCE_SIZE = 128;

/** `onnxruntime cpu` */
export function engineName({ backend }: Pick<OpenBackend, 'backend'>): string {
  return `${backend.name} ${backend.device}`;
}

/** Compiles the product on each; `owned` frees it. */
export async function openProducts(opened: readonly OpenBackend[], size: number, owned: Owned): Promise<Product[]> {
  const products: Product[] = [];
  for (const open of opened) {
    const own = open.name === 'reference' ? Math.min(size, REFERENCE_SIZE) : size;
    const { run } = owned.add(await tracedProduct(open.backend, own));
    products.push({ engine: engineName(open), size: own, run });
  }
  return products;
}
