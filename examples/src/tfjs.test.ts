// The examples of the function and of the layers run, on both devices that need no installation, and do what they say.
import { describe, expect, it } from 'vitest';
import { setUp } from './shared/setup.js';
import { runFunctionExample } from './tfjs-function.js';
import { runLayersExample } from './tfjs-layers.js';

describe.each(['wasm', 'cpu'] as const)('%s', (device) => {
  it('the function is called, differentiated and trained', async () => {
    await setUp(device);
    const { shape, sideGradient, losses } = runFunctionExample();
    expect(shape).toEqual([4, 10, 16]);
    expect(sideGradient).toBeGreaterThan(1e-6);
    expect(losses[1]).toBeLessThan(losses[0] / 2);
  });

  it('the layers are fitted, saved and loaded', async () => {
    await setUp(device);
    const { losses, accuracy, difference } = await runLayersExample();
    expect(losses[1]).toBeLessThan(losses[0] / 3);
    expect(accuracy).toBeGreaterThan(0.9);
    expect(difference).toBe(0);
  });
});
