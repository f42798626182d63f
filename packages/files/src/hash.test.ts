import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sha256, sha256OfFile } from './hash.js';

// FIPS 180-2, appendix B.
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

it('files are known by SHA-256, however many pieces they are read in', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'difsr-hash-'));
  try {
    await writeFile(join(folder, 'abc'), 'abc');
    expect(await sha256OfFile(join(folder, 'abc'))).toBe(ABC);
    expect(sha256('abc')).toBe(ABC);
    const large = Buffer.alloc((1 << 20) + 7, 'x');
    await writeFile(join(folder, 'large'), large);
    expect(await sha256OfFile(join(folder, 'large'))).toBe(sha256(large));
  } finally {
    await rm(folder, { recursive: true });
  }
});
