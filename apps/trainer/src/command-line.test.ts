// Hints run as they are printed: they name the command by the way it was started, and quote paths.
import { exec, execFile } from 'node:child_process';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN, difsr, freshFolder, TINY, WINDOWS, writeRecbole } from './command.test.support.js';

const run = promisify(execFile);
/** No npx, and no folder of commands. */
const BARE = { npm_command: '', PATH: '/nowhere' };

describe('the name of the command', () => {
  let cwd = '';
  beforeAll(async () => (cwd = await freshFolder()));
  afterAll(() => rm(cwd, { recursive: true, force: true }));

  /** What the hint of a wrong option calls the command, started by a script from a folder. */
  async function named(script: string, folder: string, env: Readonly<Record<string, string>> = BARE): Promise<string> {
    const failed = await run(process.execPath, [script, 'train', '--no-such'], {
      cwd: folder,
      env: { ...process.env, ...env },
    }).catch((error: { stderr: string }) => error);
    return /cure: (.*) train --help lists/.exec(failed.stderr)?.[1] ?? failed.stderr;
  }

  it.skipIf(WINDOWS)('is npx difsr where npx started it, or finds it', async () => {
    expect(await named(BIN, cwd, { ...BARE, npm_command: 'exec' })).toBe('npx difsr');
    const project = join(cwd, 'project');
    await mkdir(join(project, 'node_modules', '.bin'), { recursive: true });
    await mkdir(join(project, 'logs', 'of march'), { recursive: true });
    const link = join(project, 'node_modules', '.bin', 'difsr');
    await symlink(BIN, link);
    for (const folder of [project, join(project, 'logs', 'of march')]) {
      expect(await named(BIN, folder)).toBe('npx difsr');
      expect(await named(link, folder)).toBe('npx difsr');
    }
  });

  it.skipIf(WINDOWS)('is difsr where that is installed', async () => {
    const commands = join(cwd, 'bin');
    await mkdir(commands);
    await symlink(BIN, join(commands, 'difsr'));
    expect(await named(join(commands, 'difsr'), cwd)).toBe('difsr');
    expect(await named(BIN, cwd, { ...BARE, PATH: `${BARE.PATH}${delimiter}${commands}` })).toBe('difsr');
  });

  it('is the script elsewhere', async () => {
    expect(await named(BIN, cwd)).toBe(`node ${BIN}`);
  });
});

it.skipIf(WINDOWS)(
  'every hint on the way from a file to recommendations runs as it is printed, with blanks in the paths',
  async () => {
    const cwd = await freshFolder();
    const folder = join(cwd, "Ana's shop & more");
    await mkdir(folder);
    await writeRecbole(folder, 'shop', 1, 40);
    // The reader's shell knows npx; this one starts what is built here.
    await writeFile(join(cwd, 'npx'), `#!/bin/sh\nshift\nexec "${process.execPath}" "${BIN}" "$@"\n`);
    await chmod(join(cwd, 'npx'), 0o755);
    const shell = async (command: string): Promise<string> => {
      const { stdout } = await promisify(exec)(command, {
        cwd,
        env: {
          ...process.env,
          npm_command: 'exec',
          NO_COLOR: '1',
          PATH: `${cwd}${delimiter}${process.env['PATH'] ?? ''}`,
        },
      });
      return stdout;
    };
    const hint = (text: string, start: string): string => {
      const found = text.split('\n').find((line) => line.includes(start));
      return found?.slice(found.indexOf(start)).replace(/\)$/, '') ?? `no hint with "${start}" in: ${text}`;
    };
    try {
      const out = join(folder, 'my data');
      const prepared = await difsr(['data', 'prepare', join(folder, 'shop', 'shop.inter'), '--out', out], { cwd });
      expect(prepared).toMatchObject({ code: 0, stderr: '' });
      await shell(hint(prepared.stdout, 'npx difsr data stats'));
      await shell(hint(prepared.stdout, 'npx difsr data prepare'));
      expect(hint(prepared.stdout, 'npx difsr train')).toBe(`npx difsr train --data "${out}"`);
      const trained = await shell(
        `${hint(prepared.stdout, 'npx difsr train')} --model sasrec --epochs 1 ${TINY.slice(0, -2).join(' ')} --out "my 'run'"`,
      );
      expect(await shell(hint(trained, 'npx difsr recommend'))).toContain('most popular items');
      const again = await difsr(['train', '--data', out, '--out', "my 'run'"], { cwd });
      await shell(`${hint(again.stderr, 'npx difsr resume').replace(/ goes on with it.*$/, '')} --epochs 2`);
      const exported = await difsr(['export', "my 'run'"], { cwd });
      await shell(hint(exported.stderr, 'npx difsr export'));
    } finally {
      await rm(cwd, { recursive: true, force: true });
    }
  },
);
