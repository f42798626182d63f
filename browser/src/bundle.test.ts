// What the page consists of: nothing of Node's, and the .wasm files where the packages look for them.
import { expect, it } from 'vitest';
import { usePage } from './page.test.support.js';

const page = usePage();

it('is bundled without a warning', () => {
  expect(page.site.bundle.warnings).toEqual([]);
});

it('holds no code of ours that is for Node, and nothing of ours that imports its modules', () => {
  const { modules, importersOfNode } = page.site.bundle;
  expect(modules.filter((path) => path.includes('/dist/node/'))).toEqual([]);
  expect(modules).toContain('packages/onnxruntime/dist/web/index.js');
  // These ask first whether they run in Node; the bundler gives them empty objects.
  expect(importersOfNode).toEqual(['@tensorflow/tfjs-backend-wasm', '@tensorflow/tfjs-core', 'seedrandom']);
});

it('holds the .wasm files that the backends ask for', () => {
  const files = page.site.bundle.files.filter((file) => file.endsWith('.wasm'));
  const names = files.map((file) => file.replace(/^assets\/(.*)-[^-]+\.wasm$/, '$1'));
  expect(names.toSorted()).toEqual([
    'ort-wasm-simd-threaded',
    'ort-wasm-simd-threaded.asyncify',
    'tfjs-backend-wasm',
    'tfjs-backend-wasm-simd',
    'tfjs-backend-wasm-threaded-simd',
  ]);
});
