// For tests: runs the command, in this process or in one of its own as users do, and makes small data sets.
import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { generateDataset, itemCategories, sequenceAt } from '@difsr/data';
import { vi } from 'vitest';
import { runCommand } from './program.js';

/** The installed command's file. */
export const BIN: string = fileURLToPath(new URL('../bin/difsr.js', import.meta.url));

/** Where commands of tests keep what they prepare: never the user's own cache. */
const CACHE = join(tmpdir(), `difsr-test-cache-${process.pid}`);

/** How a command ended. */
export interface Ended {
  /** The exit code; null after a signal. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and with what a command runs. */
export interface CommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Options of {@link difsrProcess}. */
export interface ProcessOptions extends CommandOptions {
  /** User that the command runs as. */
  readonly uid?: number;
  /** A command that starts the command. */
  readonly through?: readonly string[];
  /** Which outputs go into a pipe of the shell's whose reader leaves at once; nothing of those is seen. */
  readonly unread?: 'stdout' | 'both';
  /** Called with what stdout holds so far; may send signals. */
  readonly watch?: (stdout: string, kill: (signal: NodeJS.Signals) => void) => void;
  /** Asked again and again; once it holds, Ctrl-C is pressed. */
  readonly interruptWhen?: () => Promise<boolean>;
}

/** As npx starts it: hints name the command by that. */
const ENVIRONMENT = { DIFSR_TRACE: '0', NO_COLOR: '1', DIFSR_CACHE: CACHE, npm_command: 'exec' };

/** The command that runs in this process; the next one waits for it, as both have the same outputs and folder. */
let running: Promise<unknown> = Promise.resolve();

/**
 * Runs `difsr` with arguments, in this process: to start one of its own takes more time than most commands. What needs one
 * (signals, exit, who reads its output, permissions, a fresh start) is for {@link difsrProcess}; of every command some test
 * starts one.
 */
export function difsr(args: readonly string[], { cwd, env = {} }: CommandOptions): Promise<Ended> {
  const ended = running.then(() => runHere(args, cwd, { ...ENVIRONMENT, ...env }));
  running = ended.catch(() => undefined);
  return ended;
}

async function runHere(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  const before = { cwd: process.cwd(), script: process.argv[1] ?? '', env: { ...process.env } };
  const ended = { code: 0, stdout: '', stderr: '' };
  const released = [captured('stdout', ended), captured('stderr', ended)];
  try {
    process.chdir(cwd);
    process.argv[1] = BIN;
    Object.assign(process.env, env);
    ended.code = await runCommand(args);
  } finally {
    for (const release of released) release();
    for (const name of Object.keys(env)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, before.env);
    process.argv[1] = before.script;
    process.chdir(before.cwd);
  }
  return ended;
}

/** Keeps what is written to an output of this process instead, until the function that it returns is called. */
function captured(name: 'stdout' | 'stderr', into: { stdout: string; stderr: string }): () => void {
  const stream = process[name];
  const write = vi.spyOn(stream, 'write').mockImplementation((chunk, encoding, done) => {
    into[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    const written = typeof encoding === 'function' ? encoding : done;
    if (written !== undefined) process.nextTick(written);
    return true;
  });
  return () => write.mockRestore();
}

/** Runs the built `difsr` with arguments, in a process of its own, as users do. */
export function difsrProcess(
  args: readonly string[],
  { cwd, env = {}, uid, through = [], unread, watch, interruptWhen }: ProcessOptions,
): Promise<Ended> {
  const command = [...through, process.execPath, BIN, ...args];
  // The shell's pipes are real ones; those of Node are sockets. The exit code goes by a way of its own.
  const called = unread === 'both' ? '"$@" 2>&1' : '"$@"';
  const piped = ['sh', '-c', `exit $( { { ${called}; echo $? >&3; } | true; } 3>&1 )`, 'sh', ...command];
  const [file = '', ...rest] = unread === undefined ? command : piped;
  return new Promise((resolve, reject) => {
    const child = spawn(file, rest, {
      cwd,
      env: { ...process.env, ...ENVIRONMENT, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      watch?.(stdout, (signal) => child.kill(signal));
    });
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    if (interruptWhen !== undefined) interrupt(child, interruptWhen).catch(reject);
  });
}

async function interrupt(child: ChildProcess, when: () => Promise<boolean>): Promise<void> {
  while (child.exitCode === null && !(await when())) await setTimeout(10);
  child.kill('SIGINT');
}

/** Windows has no signals that a process could answer (`kill` ends it at once), no `sh`, and links of files for administrators alone. */
export const WINDOWS: boolean = process.platform === 'win32';

/** Root without the right to pass over permissions; its own files stay open to it. */
const WITHOUT_RIGHTS = ['bounding-set', 'inh-caps'].map((set) => `--${set}=-dac_override,-dac_read_search`);

/**
 * How to start the command so that permissions hold for it: as it is, or for root as another user, if one can read the
 * clone, or as root without its rights. Undefined where none of these works, as on Windows, whose folders know no such permissions.
 */
export async function ordinaryCaller(cwd: string): Promise<Pick<ProcessOptions, 'uid' | 'through'> | undefined> {
  if (WINDOWS) return undefined;
  if (process.getuid?.() !== 0) return {};
  const nobody = 65_534;
  const { uid: owner } = await stat(BIN);
  const users = [nobody, owner].filter((uid) => uid !== 0).map((uid) => ({ uid }));
  for (const caller of [...users, { through: ['setpriv', ...WITHOUT_RIGHTS] }]) {
    const tried = await difsrProcess(['--version'], { cwd, ...caller }).catch(() => undefined);
    if (tried?.code === 0) return caller;
  }
  return undefined;
}

/** A fresh folder. */
export function freshFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'difsr-command-'));
}

function tiny(...own: readonly string[]): string[] {
  const all = ['model.hiddenSize=8', 'model.layers=1', 'model.maxLength=8', 'training.targetsPerStep=64', ...own];
  return all.flatMap((setting) => ['--set', setting]);
}

/** A model that trains in a moment. */
export const TINY_MODEL: readonly string[] = tiny('model.innerSize=8', 'model.heads=2');
/** The same of recurrent models. */
export const TINY_RECURRENT: readonly string[] = tiny('model.stateSize=8');
/** The same of recurrent models whose states are as wide as anything else. */
export const TINY_PARALLEL: readonly string[] = tiny();
/** The same with narrow side information. */
export const TINY: readonly string[] = [...TINY_MODEL, '--set', 'model.sideWidth=4'];

/** Writes a small data set in the form of RecBole, with categories, brands and names: `FOLDER/NAME/NAME.inter` and `.item`. */
export async function writeRecbole(folder: string, name = 'shop', seed = 1, users = 60): Promise<string> {
  const dataset = generateDataset({ users, items: 150, seed });
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  const rows = dataset.users.tokens
    .slice(1)
    .flatMap((user, index) =>
      Array.from(
        sequenceAt(dataset.sequences, index),
        (item, time) => `${user}\t${dataset.items.tokens[item]}\t${1000 + time}`,
      ),
    );
  const values = itemCategories(dataset).map(
    (field) => (item: number) =>
      Array.from(
        field.values.subarray(field.offsets[item], field.offsets[item + 1]),
        (value) => field.vocabulary.tokens[value],
      ).join(' '),
  );
  const items = dataset.items.tokens
    .slice(1)
    .map((token, index) =>
      [
        token,
        ...values.map((of) => of(index + 1).replaceAll('garden tools', 'tools')),
        dataset.itemNames?.[index + 1] ?? '',
      ].join('\t'),
    );
  await writeFile(
    join(path, `${name}.inter`),
    `${['user_id:token\titem_id:token\ttimestamp:float', ...rows].join('\n')}\n`,
  );
  await writeFile(
    join(path, `${name}.item`),
    `${['item_id:token\tcategories:token_seq\tbrand:token\ttitle:token_seq', ...items].join('\n')}\n`,
  );
  return path;
}

/** Writes a small data set in the S3-Rec form: `FOLDER/NAME.txt` and `NAME_item2attributes.json`. */
export async function writeS3Rec(folder: string, name = 'Clicks'): Promise<string> {
  const dataset = generateDataset({ users: 40, items: 150, seed: 3 });
  const lines = dataset.users.tokens
    .slice(1)
    .map((_, index) => [index + 1, ...sequenceAt(dataset.sequences, index)].join(' '));
  const attributes = Object.fromEntries(
    dataset.items.tokens.slice(1).map((_, index) => [String(index + 1), [1 + (index % 5), 6 + (index % 3)]]),
  );
  await writeFile(join(folder, `${name}.txt`), `${lines.join('\n')}\n`);
  await writeFile(join(folder, `${name}_item2attributes.json`), JSON.stringify(attributes));
  return join(folder, name);
}

let trained: Promise<string> | undefined;

/**
 * A fresh folder with `shop/` (recbole), `Clicks.*` (s3rec) and a finished run of DIF-SR on the shop: copies of what is trained once for
 * all files of tests.
 *
 * @param run where the run lies in it
 */
export async function trainedShop(run = 'run'): Promise<string> {
  trained ??= trainShop();
  const [template, folder] = [await trained, await freshFolder()];
  await cp(template, folder, { recursive: true });
  await mkdir(dirname(join(folder, run)), { recursive: true });
  await rename(join(folder, TEMPLATE_RUN), join(folder, run));
  return folder;
}

const TEMPLATE_RUN = 'trained';

async function trainShop(): Promise<string> {
  const folder = await freshFolder();
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await writeRecbole(folder);
  await writeS3Rec(folder);
  const args = ['train', '--data', 'shop', '--epochs', '2', '--seed', '7', '--out', TEMPLATE_RUN, ...TINY];
  const { code, stderr } = await difsr(args, { cwd: folder });
  if (code !== 0) throw new Error(`the shop's training ended with ${code}: ${stderr}`);
  return folder;
}

/** Every file under a folder with its contents, to see what a command changed. */
export async function snapshot(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.map((entry) => [join(entry.parentPath, entry.name), entry.isFile()] as const);
  return new Map(
    await Promise.all(
      files.map(async ([path, isFile]): Promise<[string, string]> => [
        path,
        isFile ? await readFile(path, 'base64') : 'folder',
      ]),
    ),
  );
}
