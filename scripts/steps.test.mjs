import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { startable } from './steps.mjs';

describe('a command that scripts start', () => {
  it('is what it is where the system starts it itself', () => {
    const args = ['C:\\Program Files\\x', '--flag'];
    expect(startable('pnpm', args, 'linux')).toEqual({ file: 'pnpm', args, shell: false });
    expect(startable('C:\\Program Files\\nodejs\\node.exe', args, 'win32')).toMatchObject({ args, shell: false });
  });

  it('is a line for the shell of Windows where it is a script there, with quotes about what has blanks', () => {
    const { file, args, shell } = startable('npx', ['-y', 'pnpm@12.21.0', 'C:\\Program Files\\node.exe'], 'win32');
    expect({ file, args, shell }).toEqual({
      file: 'npx -y pnpm@12.21.0 "C:\\Program Files\\node.exe"',
      args: [],
      shell: true,
    });
  });

  it('runs on this system', () => {
    const { file, args, shell } = startable('npm', ['--version']);
    expect(spawnSync(file, args, { shell, encoding: 'utf8' }).stdout).toMatch(/^\d+\.\d+\.\d+\s$/);
  });
});
