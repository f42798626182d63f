// Whole files or none, whatever happens; lines; folders.
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder } from './folders.js';
import { appendLine, readLines } from './lines.js';
import { FileWriteError, writeError } from './write-error.js';
import { removeTemporaries, temporaryName, writeFileAtomic } from './write.js';

const WINDOWS = process.platform === 'win32';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-files-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('makeFolder', () => {
  it('makes all folders of a path, also by several callers at a time, and is content with one that exists', async () => {
    const path = join(folder, 'a', 'b', 'c');
    await Promise.all([makeFolder(path), makeFolder(path), makeFolder(join(folder, 'a', 'd'))]);
    await makeFolder(path);
    await makeFolder('/');
    expect((await stat(path)).isDirectory()).toBe(true);
    expect(await readdir(join(folder, 'a'))).toEqual(['b', 'd']);
  });

  it('ends with an error where Node goes on for ever: a parent that exists and takes no folder', async ({ skip }) => {
    skip(process.platform !== 'linux', 'needs /proc');
    const failure = await makeFolder('/proc/difsr/runs').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FileWriteError);
    expect(String(failure)).toMatch(/proc\/difsr\/runs.*(ENOENT|EACCES)/);
  });

  it('ends with an error where a file is in the way', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(makeFolder(join(folder, 'file'))).rejects.toThrow(FileWriteError);
    await expect(makeFolder(join(folder, 'file', 'run'))).rejects.toThrow(/a part of the path is a file/);
  });
});

describe('writeFileAtomic', () => {
  it('writes bytes and text, over what was there, and leaves no other file', async () => {
    const path = join(folder, 'a.bin');
    await writeFileAtomic(path, 'a much longer text than the next');
    await writeFileAtomic(path, Uint8Array.of(1, 2, 3));
    expect(new Uint8Array(await readFile(path))).toEqual(Uint8Array.of(1, 2, 3));
    await writeFileAtomic(path, '');
    expect(await readFile(path, 'utf8')).toBe('');
    expect(await readdir(folder)).toEqual(['a.bin']);
  });

  it('writes the viewed part of a buffer only', async () => {
    const path = join(folder, 'part');
    await writeFileAtomic(path, Uint8Array.of(9, 1, 2, 9).subarray(1, 3));
    expect([...(await readFile(path))]).toEqual([1, 2]);
  });

  it('shows a reader the old or the new file, never a mixture', async () => {
    const path = join(folder, 'shared');
    const versions = Array.from({ length: 20 }, (_, i) => String.fromCharCode(97 + i).repeat(200_000 + i));
    await writeFileAtomic(path, versions[0] ?? '');
    let writing = true;
    const reader = async (): Promise<void> => {
      while (writing) expect(versions).toContain(await readFile(path, 'utf8'));
    };
    const writer = async (): Promise<void> => {
      for (const version of versions) await writeFileAtomic(path, version);
      writing = false;
    };
    await Promise.all([reader(), writer()]);
  });

  it('several writers at a time leave the whole file of one of them', async () => {
    const path = join(folder, 'raced');
    const texts = Array.from({ length: 10 }, (_, i) => `${i}`.repeat(50_000));
    await Promise.all(texts.map((text) => writeFileAtomic(path, text)));
    expect(texts).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder)).toEqual(['raced']);
  });

  it('a failure leaves neither a temporary file nor a change', async () => {
    const path = join(folder, 'taken');
    await mkdir(join(path, 'inner'), { recursive: true });
    const failure = await writeFileAtomic(path, 'x').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FileWriteError);
    expect(String(failure)).toMatch(/taken: cannot be written: a folder of that name is in the way [^]*cure: move it/);
    expect(await readdir(folder)).toEqual(['taken']);
    expect(await readdir(path)).toEqual(['inner']);
  });

  // Links of files are for administrators on Windows, and its folders know no such permissions.
  it.skipIf(WINDOWS)('replaces a link, not what it points to', async () => {
    await writeFile(join(folder, 'original'), 'old');
    await symlink('original', join(folder, 'link'));
    await writeFileAtomic(join(folder, 'link'), 'new');
    expect(await readFile(join(folder, 'original'), 'utf8')).toBe('old');
    expect(await readFile(join(folder, 'link'), 'utf8')).toBe('new');
  });

  it('a writer that is killed at any moment leaves a whole file, and its temporary one can be removed', async () => {
    const path = join(folder, 'model');
    await writeFileAtomic(path, 'a'.repeat(3_000_000));
    await writeFile(join(folder, '.hidden.tmp'), 'not ours');
    const built = new URL('../dist/write.js', import.meta.url).href; // a child process runs what was built
    const script = `import { writeFileAtomic } from '${built}';
      process.stdout.write('ready');
      for (let i = 0; ; i++) await writeFileAtomic(process.argv[1], (i % 2 ? 'a' : 'b').repeat(3_000_000));`;
    for (let round = 0; round < 6; round++) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, path]);
      const ended = new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)));
      await Promise.race([ended, new Promise((resolve) => child.stdout.once('data', resolve))]);
      await new Promise((resolve) => setTimeout(resolve, 3 + 4 * round));
      child.kill('SIGKILL');
      expect(await ended).toBe('SIGKILL');
      const text = await readFile(path, 'utf8');
      expect(text.length).toBe(3_000_000);
      expect(text === 'a'.repeat(3_000_000) || text === 'b'.repeat(3_000_000)).toBe(true);
      await removeTemporaries(folder);
      expect((await readdir(folder)).sort()).toEqual(['.hidden.tmp', 'model']);
    }
  });

  it('what a killed writer left is in the way of nobody, not even of a process with the same number', async () => {
    const path = join(folder, 'state.json');
    const [first, second] = [temporaryName(path), temporaryName(path)];
    expect(first).not.toBe(second);
    await writeFile(first, 'left by a kill');
    await writeFileAtomic(path, 'new');
    expect(await readFile(path, 'utf8')).toBe('new');
    await removeTemporaries(folder);
    expect(await readdir(folder)).toEqual(['state.json']);
  });

  it('what a function throws is thrown as it is, an abort with its code included', async () => {
    const stopped = AbortSignal.abort();
    const writing = writeFileAtomic(join(folder, 'x'), () => {
      stopped.throwIfAborted();
      return Promise.resolve();
    });
    await expect(writing).rejects.toBe(stopped.reason);
    expect(await readdir(folder)).toEqual([]);
  });

  it('the temporary files that are removed are those that it writes', async () => {
    const path = join(folder, 'big.safetensors');
    const seen = new Set<string>();
    while (seen.size === 0) {
      const written = writeFileAtomic(path, 'x'.repeat(2_000_000));
      for (const name of await readdir(folder)) if (name !== 'big.safetensors') seen.add(name);
      await written;
    }
    for (const name of seen) await writeFile(join(folder, name), 'left by a kill');
    await removeTemporaries(folder);
    expect(await readdir(folder)).toEqual(['big.safetensors']);
  });
});

describe('appendLine', () => {
  it('makes a file of lines', async () => {
    const path = join(folder, 'history.jsonl');
    expect(await readLines(path)).toEqual([]);
    for (const line of ['{"epoch":0}', '', 'größer']) await appendLine(path, line);
    expect(await readFile(path, 'utf8')).toBe('{"epoch":0}\n\ngrößer\n');
    expect(await readLines(path)).toEqual(['{"epoch":0}', '', 'größer']);
  });

  it('cuts off a half-written last line, however long, and no more', async () => {
    const path = join(folder, 'history.jsonl');
    const lines = fc.array(
      fc.string().filter((line) => !/[\n\r]/.test(line)),
      { maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(lines, fc.constantFrom(0, 1, 4095, 4096, 4097, 10_000), async (whole, half) => {
        await writeFile(path, whole.map((line) => `${line}\n`).join('') + 'x'.repeat(half));
        expect(await readLines(path)).toEqual(whole);
        await appendLine(path, 'next');
        expect(await readLines(path)).toEqual([...whole, 'next']);
        expect(await readFile(path, 'utf8')).toBe([...whole, 'next'].map((line) => `${line}\n`).join(''));
      }),
    );
  });

  it('refuses text of several lines', async () => {
    await expect(appendLine(join(folder, 'h'), 'a\nb')).rejects.toThrow(/line break: "a\\nb"\n {2}cure: append/);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('failures', () => {
  it.each([
    ['a missing folder', 'missing/file', /the folder does not exist \(ENOENT\)\n {2}cure: create it/],
    ['a file as folder', 'plain/file', /a part of the path is a file.*\(ENOTDIR\)\n {2}cure: correct/],
  ])('%s is named with the cure', async (_, path, message) => {
    await writeFile(join(folder, 'plain'), '');
    for (const write of [writeFileAtomic, appendLine]) {
      const failure = await write(join(folder, path), 'x').catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(FileWriteError);
      expect(failure).toMatchObject({ path: join(folder, path), message: expect.stringMatching(message) });
    }
  });

  // The superuser may write everywhere; what the codes mean is checked below all the same.
  it.skipIf(WINDOWS || process.getuid?.() === 0)(
    'a read-only folder is named with the cure (not as root)',
    async () => {
      await chmod(folder, 0o500);
      await expect(writeFileAtomic(join(folder, 'file'), 'x')).rejects.toThrow(
        /read-only for this user[^]*another folder/,
      );
      await chmod(folder, 0o700);
    },
  );

  it.each([
    ['EACCES', /read-only for this user/],
    ['EPERM', /read-only for this user/],
    ['EROFS', /file system is read-only/],
    ['ENOSPC', /disk is full/],
    ['EDQUOT', /quota/],
    ['EIO', /strange noise/],
  ])('%s is explained', (code, message) => {
    const cause = Object.assign(new Error('strange noise'), { code });
    const failure = writeError('runs/a/model.safetensors', cause);
    expect(failure).toMatchObject({ name: 'FileWriteError', code, cause, path: 'runs/a/model.safetensors' });
    expect(failure.message).toMatch(message);
    expect(failure.message).toMatch(/^runs\/a\/model\.safetensors: cannot be written: .*\n {2}cure: /);
    expect(writeError('elsewhere', failure)).toBe(failure);
  });
});
