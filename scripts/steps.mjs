// Running commands as named, timed steps: a passing step is one line, a failing one shows all its output.
import { spawn } from 'node:child_process';

/** On Windows these are .cmd files, which only a shell starts. */
const SCRIPTS = ['npm', 'npx', 'pnpm'];

/**
 * A command as `spawn` takes it on this system. A shell on Windows gets one line, in which words with blanks or backslashes stand in quotes.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.Platform} [platform]
 * @returns {{ file: string, args: string[], shell: boolean }}
 * @example
 * const { file, args, shell } = startable('pnpm', ['--version']);
 * spawnSync(file, args, { shell });
 */
export function startable(command, args, platform = process.platform) {
  if (platform !== 'win32' || !SCRIPTS.includes(command)) return { file: command, args: [...args], shell: false };
  const words = args.map((word) => (/^[\w./:=@-]+$/.test(word) ? word : `"${word}"`));
  return { file: [command, ...words].join(' '), args: [], shell: true };
}

/** A command ended with an exit code other than 0; `output` is everything that it printed. */
export class StepError extends Error {
  /** @param {string} command @param {number | null} code @param {string} output */
  constructor(command, code, output) {
    super(`"${command}" ended with ${code === null ? 'a signal' : `exit code ${code}`}`);
    this.name = 'StepError';
    this.output = output;
  }
}

/**
 * Runs a command without stdin and collects what it prints.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: Record<string, string>, live?: boolean }} options live: also pass the output on at once.
 * @returns {Promise<string>} stdout and stderr together
 * @throws {StepError} when the exit code is not 0
 */
export function run(command, args, { cwd, env = {}, live = false }) {
  return new Promise((resolve, reject) => {
    const start = startable(command, args);
    const child = spawn(start.file, start.args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: start.shell,
    });
    let output = '';
    /** @param {Buffer} chunk */
    const collect = (chunk) => {
      output += chunk.toString();
      if (live) process.stdout.write(chunk);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => reject(new StepError(command, null, `${output}${error.message}\n`)));
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new StepError([command, ...args].join(' '), code, output));
    });
  });
}

/**
 * Runs one step and prints its name, note and elapsed seconds.
 *
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work A string result is printed as a note.
 * @param {{ quiet?: boolean }} [options] quiet: nothing on success.
 * @returns {Promise<T>}
 */
export async function step(name, work, { quiet = false } = {}) {
  const start = performance.now();
  const line = (/** @type {string} */ mark, /** @type {string} */ note) =>
    `${mark} ${name.padEnd(20)} ${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s${note ? `  ${note}` : ''}`;
  try {
    const result = await work();
    if (!quiet) console.log(line('ok  ', typeof result === 'string' ? result : ''));
    return result;
  } catch (error) {
    // stderr, so that a command whose stdout is read by a program stays clean.
    console.error(line('FAIL', error instanceof Error ? error.message : String(error)));
    if (error instanceof StepError) console.error(error.output.trimEnd());
    throw error;
  }
}
