// Files of lines that grow line by line, and lose at most the last one.
import { constants, type FileHandle, readFile } from 'node:fs/promises';
import { codeOf, DifsrError } from '@difsr/errors';
import { writeError } from './write-error.js';
import { withFile } from './write.js';

/**
 * Appends a line and flushes it, creating the file if need be. A last line without its newline is what a kill left of an
 * earlier append: it is cut off first. When the append fails, the file is left with whole lines.
 * @param line text without a line break.
 * @throws FileWriteError, or DifsrError for text with a line break.
 * @example await appendLine('runs/a/history.jsonl', JSON.stringify({ epoch: 3, loss: 6.9 }));
 */
export async function appendLine(path: string, line: string): Promise<void> {
  if (/[\n\r]/.test(line))
    throw new DifsrError({
      what: `a line cannot hold a line break: ${JSON.stringify(line)}`,
      cure: 'append two lines',
    });
  try {
    // Not in append mode: Windows does not shorten a file that is open for appending.
    await withFile(path, constants.O_RDWR | constants.O_CREAT, async (file) => {
      const { end, size } = await endOfLines(file);
      if (end < size) await file.truncate(end);
      try {
        const bytes = Buffer.from(`${line}\n`);
        for (let done = 0; done < bytes.length;)
          done += (await file.write(bytes, done, bytes.length - done, end + done)).bytesWritten;
        await file.sync();
      } catch (error) {
        await file.truncate(end).catch(() => undefined); // the next append would cut it off as well
        throw error;
      }
    });
  } catch (error) {
    throw writeError(path, error);
  }
}

/** The whole lines of a file that `appendLine` writes, without a half-written last one; none where there is no file. */
export async function readLines(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').slice(0, -1); // what follows the last newline is not a line
}

/** Where the last whole line ends, read backwards in pieces, and where the file does. */
async function endOfLines(file: FileHandle): Promise<{ readonly end: number; readonly size: number }> {
  const piece = Buffer.alloc(4096);
  const { size } = await file.stat();
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - piece.length);
    const { bytesRead } = await file.read(piece, 0, end - start, start);
    const newline = piece.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (newline >= 0) return { end: start + newline + 1, size };
    end = start;
  }
  return { end: 0, size };
}
