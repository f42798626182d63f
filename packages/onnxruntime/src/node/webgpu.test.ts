// WebGPU in Node on a software adapter (SwiftShader, which Debian's chromium brings): correctness, not speed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { WebgpuReport } from './webgpu.test.support.js';

const DRIVER = process.env['VK_ICD_FILENAMES'] ?? '/usr/lib/chromium/vk_swiftshader_icd.json';
/** The compiled support file; tests run after a build. */
const script = fileURLToPath(new URL('../../dist/node/webgpu.test.support.js', import.meta.url));

it('DIF attention and a handful of ops, with gradients, agree with the reference', (context) => {
  if (!existsSync(DRIVER))
    context.skip(`no software adapter at ${DRIVER} (Debian: apt-get install chromium libvulkan1)`);
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, [script], {
    encoding: 'utf8',
    env: { XDG_RUNTIME_DIR: tmpdir(), ...process.env, VK_ICD_FILENAMES: DRIVER },
    timeout: 280_000,
  });
  const lines = stdout.trim().split('\n');
  if (status !== 0) throw new Error(`the process ended with ${signal ?? status}: ${stderr.slice(-2000)}`);
  const report: WebgpuReport = JSON.parse(lines.at(-1) ?? '');
  if (report.unusable !== undefined) {
    expect(report.unusable).toMatch(/^BackendError: device "webgpu" cannot be used: [^]*cure: /);
    context.skip(report.unusable);
  }
  expect(report.failures).toEqual([]);
  expect(report.tried).toBeGreaterThan(12);
  expect(report.attention).toBeLessThan(1e-4);
  // float16 is an extra that adapters may lack, as SwiftShader does.
  if (typeof report.float16 === 'number') expect(report.float16).toBeLessThan(2e-2);
  else expect(report.float16).toMatch(/no float16[^]*cure: use precision: 'float32'/);
});
