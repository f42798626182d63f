// Starts the process that opens something, and reads what it says.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Opened, Opening } from './child.js';

const CHILD = fileURLToPath(new URL('child.js', new URL('../../dist/load/', import.meta.url)));
/** Characters of what a process wrote about its end. */
const SHOWN = 2000;

/**
 * Opens something in a process of its own.
 *
 * @throws Error with what the process wrote, where it failed; the signal's reason where it was aborted
 */
export async function openInProcess(opening: Opening, signal: AbortSignal): Promise<Opened> {
  signal.throwIfAborted();
  const { code, stdout, stderr } = await new Promise<{ code: number | null; stdout: string; stderr: string }>(
    (resolve, reject) => {
      const child = spawn(process.execPath, [CHILD, JSON.stringify(opening)], { stdio: ['ignore', 'pipe', 'pipe'] });
      const stop = (): void => void child.kill();
      signal.addEventListener('abort', stop, { once: true });
      const written = { stdout: '', stderr: '' };
      child.stdout.on('data', (chunk: Buffer) => (written.stdout += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (written.stderr += chunk.toString()));
      child.on('error', reject);
      child.on('close', (ended) => {
        signal.removeEventListener('abort', stop);
        resolve({ code: ended, ...written });
      });
    },
  );
  signal.throwIfAborted();
  if (code !== 0) throw new Error(`opening in a process of its own ended with ${code}: ${stderr.slice(-SHOWN).trim()}`);
  const last = stdout.trim().split('\n').at(-1) ?? '';
  return JSON.parse(last) as Opened; // written by our own child as such
}
