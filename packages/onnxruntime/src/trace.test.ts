// DIFSR_TRACE shows at each level what the README says, on standard error alone.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = `
  import { createGraph, input, mul } from '@difsr/graph';
  import { createOnnxRuntimeBackend } from '@difsr/onnxruntime';
  const backend = await createOnnxRuntimeBackend({ threads: 1 });
  const program = await backend.compile(createGraph({ y: mul(input('x', [2]), 2) }), { label: 'double it' });
  for (let i = 0; i < 2; i++) await program.run({ x: { dtype: 'float32', shape: [2], data: new Float32Array(2) } });
  await backend.dispose();
`;

function trace(level: string): { stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8',
    env: { ...process.env, DIFSR_TRACE: level },
  });
}

it('is silent at 0 and where the level is no number', () => {
  for (const level of ['0', '', 'yes']) expect(trace(level)).toMatchObject({ stdout: '', stderr: '' });
});

it('shows programs and times at 1', () => {
  const { stdout, stderr } = trace('1');
  expect(stdout).toBe('');
  expect(stderr).toMatch(
    /program "double it": 3 nodes, \d+ bytes, session in [\d.]+ ms\n.*program "double it": 2 runs, [\d.]+ ms each\n$/,
  );
  expect(stderr.trim().split('\n')).toHaveLength(2);
});

it('adds the graph and each run at 2, and the file at 3', () => {
  const { stderr } = trace('3');
  expect(stderr).toContain('%2 = mul %0 %1');
  expect(stderr).toMatch(/run 2 took [\d.]+ ms/);
  const [, file = ''] = /written to (.*double_it\.onnx)/.exec(stderr) ?? [];
  expect(existsSync(file)).toBe(true);
  rmSync(dirname(file), { recursive: true });
  expect(trace('2').stderr).not.toContain('written to');
});
