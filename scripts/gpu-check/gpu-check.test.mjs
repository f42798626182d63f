// gpu-check on a machine without a GPU, and what it makes of parts that end in one way or another.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../bootstrap.mjs';
import { GPU_DEVICES, outcomeOf, partsOf, runPart } from './parts.mjs';

const execute = promisify(execFile);
const script = join(ROOT, 'scripts', 'gpu-check.mjs');
const settings = { scratch: 'scratch', every: 1, minutes: 1 };

describe('gpu-check', () => {
  it('says plainly that no GPU is there, with the reason and the cure for each device, and does not fail', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'difsr-gpu-'));
    try {
      const file = join(folder, 'deep', 'check.json');
      // No driver of Vulkan, and no devices of CUDA, whatever the machine has.
      const env = { ...process.env, VK_ICD_FILENAMES: '/none', VK_DRIVER_FILES: '/none', CUDA_VISIBLE_DEVICES: '' };
      const { stdout } = await execute(process.execPath, [script, '--no-build', '--out', file], { env });
      expect(stdout).toContain('no GPU works here, so nothing was checked');
      const { summary, devices } = JSON.parse(readFileSync(file, 'utf8'));
      expect(summary).toBe('no GPU works here');
      expect(devices).toHaveLength(GPU_DEVICES.length);
      for (const { doctor, parts } of devices) {
        expect(doctor).toMatchObject({
          works: false,
          detail: expect.stringMatching(/./),
          cure: expect.stringMatching(/./),
        });
        expect(Object.keys(parts)).toEqual(['conformance', 'golden fixtures', 'training', 'benchmark']);
        for (const part of Object.values(parts))
          expect(part).toEqual({ state: 'skipped', why: 'the device does not work here' });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 120_000);

  it.each([
    [['--every', '0'], '--every is a whole number'],
    [['--fixtures', 'no/such'], 'there is no folder "no/such"'],
    [['--ot', 'x'], '--ot'],
  ])('%j is a wrong option', async (args, message) => {
    const ended = await execute(process.execPath, [script, ...args]).catch((/** @type {unknown} */ error) => error);
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });

  it('of a part that fails keeps why, and the cure that it names or the way to report it', () => {
    const ended = { code: 4, signal: null, stdout: '', stderr: 'error: no driver\n  cure: install one\n', seconds: 2 };
    expect(outcomeOf(ended)).toMatchObject({
      state: 'failed',
      cure: 'install one',
      why: expect.stringMatching(/^exit code 4: error: no driver/),
    });
    expect(outcomeOf({ ...ended, stderr: '', code: null, signal: 'SIGSEGV' })).toMatchObject({
      state: 'failed',
      why: 'signal SIGSEGV: ',
      cure: expect.stringContaining('report'),
    });
    expect(outcomeOf({ ...ended, code: 0, stdout: 'a\n7 of 7 cases\n' })).toEqual({
      state: 'ran',
      seconds: 2,
      said: '7 of 7 cases',
    });
  });

  it('runs the conformance suite in a process of its own', async () => {
    const every = ['scripts/gpu-check/conformance.mjs', 'onnxruntime', 'cpu', '60'];
    expect(await runPart(every, settings)).toMatchObject({
      state: 'ran',
      said: expect.stringMatching(/^(\d+) of \1 cases$/),
    });
    expect(await runPart(['scripts/gpu-check/conformance.mjs', 'onnxruntime', 'tpu'], settings)).toMatchObject({
      state: 'failed',
      why: expect.stringContaining('there is no device "tpu"'),
    });
  }, 120_000);

  it('leaves out on a software adapter what would take hours, and says so', () => {
    const [device] = GPU_DEVICES;
    if (device === undefined) throw new Error('there are devices');
    expect(partsOf(device, settings)['training']).toContain('train');
    expect(partsOf(device, { ...settings, software: true })['training']).toMatch(/^a software adapter/);
  });

  it('checks golden tensors where their folder is given', () => {
    const [device] = GPU_DEVICES;
    if (device === undefined) throw new Error('there are devices');
    expect(partsOf(device, settings)['golden fixtures']).toContain('--fixtures');
    expect(partsOf(device, { ...settings, fixtures: 'fixtures/reference' })['golden fixtures']).toContain(
      'fixtures/reference',
    );
  });
});
