// The tests run in Node and drive a browser, so that they count, skip and fail like all others.
import { mergeConfig } from 'vitest/config';
import shared from '../vitest.config.ts';

export default mergeConfig(shared, {
  test: { globalSetup: './src/setup.ts', fileParallelism: false },
});
