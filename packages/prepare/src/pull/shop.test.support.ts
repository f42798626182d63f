// A shop whose files are downloaded from a server of the test, and how such a download fails.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';
import { descriptionSchema } from '../description/schema.js';
import type { Description, PullSpec } from '../description/types.js';
import { PullError, type PullProblem } from './errors.js';
import type { PullEvent } from './events.js';
import { pullDataset, type PullOptions } from './pull.js';
import { breakPoints, startServer, type TestServer } from './server.test.support.js';

/** The server of the test that runs. */
export let server: TestServer;
/** Where it is downloaded to, and the file of {@link shop} in it. */
export let folder: string;
export let target: string;

/** Starts a server and makes a folder for each test of a file. */
export function serveShop(): void {
  let parent: string;
  beforeAll(async () => {
    parent = await mkdtemp(path.join(os.tmpdir(), 'difsr-pull-'));
  });
  afterAll(() => rm(parent, { recursive: true, force: true }));
  beforeEach(async () => {
    // Whatever proxy this machine has is not for its own servers.
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'])
      for (const key of [name, name.toLowerCase()]) vi.stubEnv(key, '');
    server = await startServer();
    folder = await mkdtemp(path.join(parent, 'raw-'));
    target = path.join(folder, 'log.csv.gz');
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await server.close();
  });
}

// Does not compress, so that sizes are what they seem.
export const LOG: Buffer = gzipSync(
  Buffer.concat(Array.from({ length: 12_500 }, (_, at) => createHash('sha256').update(String(at)).digest())),
);
export const sum = (kind: 'md5' | 'sha256', bytes: Buffer = LOG): string =>
  createHash(kind).update(bytes).digest('hex');

export function shop(
  pull: Omit<PullSpec, 'url'> = {},
  more: Partial<Description> = {},
  url = `${server.origin}/log.csv.gz`,
): Description {
  return descriptionSchema.parse({
    name: 'shop',
    pull: [{ url, ...pull }],
    interactions: { files: 'log.csv.gz', user: 'u', item: 'i' },
    ...more,
  });
}

export function pulled(
  description: Description = shop(),
  options: Partial<PullOptions> = {},
): ReturnType<typeof pullDataset> {
  const progress = (event: PullEvent): void => {
    options.progress?.(event);
    if (event.kind === 'bytes' && breakPoints.delete(event.received)) server.server.closeAllConnections();
  };
  return pullDataset(description, { folder, firstWait: 1, ...options, progress });
}

export async function failure(
  problem: PullProblem,
  description?: Description,
  options?: Partial<PullOptions>,
): Promise<string> {
  const error: unknown = await pulled(description, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PullError);
  const { problem: found, message } = error as PullError; // it is one, see above
  expect(found, message).toBe(problem);
  expect(message).toContain('cure: ');
  // Whatever happened, nothing half-made has the final name.
  expect(existsSync(target)).toBe(false);
  return message;
}
