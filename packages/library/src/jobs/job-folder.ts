// The folder of a job: runs/ with the run folders, report/ with aggregates alone, and a file with what the job is.
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, setting } from '@difsr/errors';
import { writeFileAtomic } from '@difsr/files';
import { UsageError } from '../errors.js';
import type { RunSettings } from './types.js';

/** Names in the folder. */
const FILES = { runs: 'runs', report: 'report', running: 'running.json' } as const;
/** How long a process of a job that was just killed may take to end, in milliseconds. */
const PATIENCE = 30_000;

/** What a run was begun with. */
export interface Begun {
  readonly settings: RunSettings;
  readonly fingerprint: string;
}

/** What a kind of job is called: its file in the folder, and the word for it. */
export interface JobKind {
  readonly file: string;
  readonly noun: string;
}

/** What the runs of a job need of its folder. */
export type RunFolders = Pick<JobFolder<StoredJob, StoredRecord>, 'run' | 'begun' | 'writeBegun' | 'running' | 'idle'>;

/** What any job's file has. */
interface StoredJob {
  readonly version: 1;
}

/** What any record has: the run that it is of. */
interface StoredRecord {
  readonly id: string;
}

/** Paths of one job; `J` is what its file holds, `R` the record of a run. */
export class JobFolder<J extends StoredJob, R extends StoredRecord> {
  readonly out: string;
  readonly #kind: JobKind;
  /** Numbers of processes by run. */
  readonly #running = new Map<string, number>();
  #noting: Promise<void> = Promise.resolve();

  constructor(out: string, kind: JobKind) {
    this.out = out;
    this.#kind = kind;
  }

  /** The folder of a run. */
  run(id: string): string {
    return join(this.out, FILES.runs, ...id.split('/'));
  }

  /** What a run was begun with, beside its folder: the folder has it with what the model and the data make of it. */
  #begun(id: string): string {
    return `${this.run(id)}.json`;
  }

  async begun(id: string): Promise<Begun | undefined> {
    return (await readJson(this.#begun(id))) as Begun | undefined; // written by writeBegun alone, whole or not at all
  }

  async writeBegun(id: string, begun: Begun): Promise<void> {
    await this.#write(this.#begun(id), begun);
  }

  report(...names: readonly string[]): string {
    return join(this.out, FILES.report, ...names);
  }

  #record(id: string): string {
    return `${this.report('runs', ...id.split('/'))}.json`;
  }

  /** The job that is in the folder. @throws UsageError where it holds something else */
  async job(): Promise<J | undefined> {
    const file = join(this.out, this.#kind.file);
    const found = await readJson(file);
    if (found !== undefined) {
      if (typeof found === 'object' && found !== null && 'version' in found && found.version === 1) return found as J; // written by writeJob alone
      throw new UsageError(`${file}: not a job of this version of difsr`, 'use another folder');
    }
    const names = await readdir(this.out).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return [];
      throw new UsageError({
        where: setting('out', this.out),
        option: 'out',
        what: `cannot be read (${codeOf(error) ?? String(error)})`,
        cure: 'choose another folder',
      });
    });
    if (names.length === 0) return undefined;
    throw new UsageError({
      where: setting('out', this.out),
      option: 'out',
      what: `is no ${this.#kind.noun}, and not empty (it has ${names.slice(0, 3).join(', ')})`,
      cure: 'choose another folder',
    });
  }

  async writeJob(job: J): Promise<void> {
    await this.#write(join(this.out, this.#kind.file), job);
  }

  async record(id: string): Promise<R | undefined> {
    return (await readJson(this.#record(id))) as R | undefined; // written by writeRecord alone, whole or not at all
  }

  async writeRecord(record: R): Promise<void> {
    await this.#write(this.#record(record.id), record);
  }

  /** Writes a file beside the report, which may say where things lie on this machine; its path. */
  async writeBeside(name: string, contents: string): Promise<string> {
    const file = join(this.out, name);
    await writeFileAtomic(file, contents);
    return file;
  }

  /** Writes a file of the report; its path. */
  async writeReport(name: string, contents: string): Promise<string> {
    const file = this.report(name);
    await mkdir(dirname(file), { recursive: true });
    await writeFileAtomic(file, contents);
    return file;
  }

  /** Notes which process trains a run, so that no other job trains in the same folder. */
  async running(pid: number, id: string): Promise<void> {
    this.#running.set(id, pid);
    await this.#noteRunning();
  }

  /** The process of a run has ended. */
  async idle(id: string): Promise<void> {
    this.#running.delete(id);
    await this.#noteRunning();
  }

  /** One writer at a time, and the last one writes what is true. */
  #noteRunning(): Promise<void> {
    const file = join(this.out, FILES.running);
    this.#noting = this.#noting.then(async () => {
      const processes = Array.from(this.#running, ([id, pid]) => ({ pid, id }));
      await (processes.length === 0 ? rm(file, { force: true }) : this.#write(file, processes));
    });
    return this.#noting;
  }

  /**
   * Waits for the processes of a job that was killed: they end by themselves, and until then write to their runs.
   *
   * @param patience in milliseconds
   * @throws UsageError where one goes on
   */
  async requireIdle(patience: number = PATIENCE): Promise<void> {
    const file = join(this.out, FILES.running);
    const until = performance.now() + patience;
    for (;;) {
      let alive: number | undefined;
      for (const pid of processesOf(await readJson(file))) if (await isAlive(pid)) alive ??= pid;
      if (alive === undefined) return;
      if (performance.now() > until)
        throw new UsageError({
          where: setting('out', this.out),
          option: 'out',
          what: `process ${alive} trains there for another ${this.#kind.noun}`,
          cure: `wait for it, or choose another folder; if it is no difsr, remove ${file}`,
        });
      await sleep(100);
    }
  }

  async #write(file: string, value: unknown): Promise<void> {
    await mkdir(dirname(file), { recursive: true });
    await writeFileAtomic(file, `${JSON.stringify(value, null, 2)}\n`);
  }
}

/** The numbers of processes that are noted; earlier versions noted one. */
function processesOf(noted: unknown): number[] {
  return (Array.isArray(noted) ? noted : [noted]).flatMap((each: unknown) =>
    typeof each === 'object' && each !== null && 'pid' in each ? [Number(each.pid)] : [],
  );
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown; // anything
  } catch {
    throw new UsageError(`${file}: not valid JSON`, 'restore the file, or remove it');
  }
}

/** Whether a process still runs; one that has ended and that nobody has asked for, as in a container without an init, does not. */
async function isAlive(pid: number): Promise<boolean> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !/^\d+ \(.*\) [ZX] /s.test(status);
}
