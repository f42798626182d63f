// difsr data pull: the files of a public data set, after its terms were shown and agreed to.
import { withInterrupt } from '@difsr/errors/commands';
import { createInterface } from 'node:readline/promises';
import type { RecipeEntry } from '@difsr/prepare';
import type { PullReport } from '@difsr/prepare/pull';
import { pull, recipes, termsOf, type Terms } from '@difsr/library';
import { UsageError } from '@difsr/library/parts';
import type { Command } from 'commander';
import { commandLine } from '../command-line.js';
import { DownloadError, exitCodes, type ExitCode } from '../errors.js';
import { jsonOption } from '../options.js';
import { createDownloadProgress } from '../output/download.js';
import { bytes, table, whole } from '../output/table.js';
import { processTerminal, type Terminal } from '../output/terminal.js';

interface PullCommandOptions {
  readonly out?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Declares the command; `done` receives its exit code. */
export function addDataPull(program: Command, done: (code: ExitCode) => void): void {
  const group = program.commands.find((command) => command.name() === 'data');
  const command = (group ?? program.command('data').description('fetch, make, prepare and look at data sets'))
    .command('pull')
    .description('download a public data set, or list those there are')
    .argument('[name]', 'recipe such as ml-1m or amazon-2014-beauty, or a .yaml with pull:; without it, the list')
    .option('--out <folder>', 'folder of raw files (default: data/raw/NAME; of a .yaml, where it lies)')
    .option('--yes', 'agree to the terms without being asked');
  jsonOption(command, 'events and the result as JSON lines')
    .addHelpText(
      'after',
      `
A download that stops goes on where it stopped when the command is run again. Files are checked by the publisher's
checksum, or by the one of the last download. Proxies: HTTP_PROXY, HTTPS_PROXY, NO_PROXY.

Examples:
  $ npx difsr data pull
  $ npx difsr data pull ml-1m
  $ npx difsr data pull amazon-2014-toys-and-games --yes
  $ npx difsr data prepare amazon-2014-toys-and-games`,
    )
    .action(async (name: string | undefined, options: PullCommandOptions) => {
      const terminal = processTerminal({ json: options.json === true });
      done(name === undefined ? await listCommand(terminal) : await pullCommand(name, options, terminal));
    });
}

async function listCommand(terminal: Terminal): Promise<ExitCode> {
  const list = await recipes();
  terminal.value(list);
  for (const line of table(recipeRows(list), ['left', 'left'])) terminal.line(line);
  terminal.line();
  terminal.line(terminal.style('dim', `next: ${commandLine('data', 'pull', 'NAME')}`));
  return exitCodes.ok;
}

/** A row per recipe; families of many in one. */
function recipeRows(list: readonly RecipeEntry[]): string[][] {
  const families = new Map<string, RecipeEntry[]>();
  for (const recipe of list) families.set(recipe.family, [...(families.get(recipe.family) ?? []), recipe]);
  return Array.from(families, ([family, members]) => {
    const [first] = members;
    if (members.length === 1 || first === undefined)
      return [family, `${first?.title ?? ''}${first?.manual === true ? ' (in part by hand)' : ''}`];
    const kinds = members.map(({ name }) => name.slice(family.length + 1));
    return [
      `${family}-CATEGORY`,
      `${first.title.split(':')[0] ?? family}, ${members.length} categories: ${kinds.slice(0, 3).join(', ')}, .. (--json lists all)`,
    ];
  });
}

async function pullCommand(name: string, options: PullCommandOptions, terminal: Terminal): Promise<ExitCode> {
  const terms = await termsOf(name, options.out);
  const { folder } = terms;
  showTerms(terminal, terms);
  if (options.yes !== true && !(await agreed(terminal, name, options))) {
    terminal.line();
    terminal.line('nothing was downloaded');
    return exitCodes.ok;
  }
  const { PullError } = await import('@difsr/prepare/pull');
  const progress = createDownloadProgress(terminal);
  try {
    const report = await withInterrupt(
      (signal) => pull(name, { agree: true, out: options.out, signal, onEvent: (event) => progress.event(event) }),
      { doing: () => 'stopping', stopped: () => undefined },
    );
    progress.close();
    if (report === undefined) {
      const again = commandLine('data', 'pull', name, ...into(options));
      terminal.value({ kind: 'interrupted', folder, next: again });
      terminal.line(`interrupted; what was received stays in ${folder}. Go on with: ${again}`);
      return exitCodes.interrupted;
    }
    showReport(terminal, report, name, options.out);
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof PullError) throw new DownloadError(error.faults, { cause: error });
    throw error;
  } finally {
    progress.close();
  }
}

function showTerms(terminal: Terminal, { name, about, folder, files }: Terms): void {
  terminal.value({ kind: 'terms', name, ...about, folder, files: files.map(({ url }) => url) });
  const rows = [
    ['terms', about.licence ?? 'none stated: look at the home page'],
    ['cite', about.cite ?? ''],
    ['home page', about.homepage ?? ''],
    ['download', sizeOf(files)],
    ['into', folder],
  ];
  terminal.line(terminal.style('bold', about.title ?? name));
  for (const line of table(
    rows.filter(([, text]) => text !== ''),
    ['left', 'left'],
  ))
    terminal.line(line);
  terminal.line();
}

function sizeOf(files: Terms['files']): string {
  if (files.length === 0) return 'nothing: its files are got by hand';
  const count = `${whole(files.length)} ${files.length === 1 ? 'file' : 'files'}`;
  const known = files.map((spec) => spec.bytes ?? Number.NaN);
  const size = known.reduce((sum, one) => sum + one, 0);
  return `${count}, ${Number.isNaN(size) ? 'size not stated by the publisher' : bytes(size)}`;
}

/** The options that put a download into another folder. */
function into({ out }: PullCommandOptions): readonly string[] {
  return out === undefined ? [] : ['--out', out];
}

/** Asks on a terminal. @throws UsageError where nobody can answer */
async function agreed(terminal: Terminal, name: string, options: PullCommandOptions): Promise<boolean> {
  if (terminal.json || !process.stdout.isTTY || !process.stdin.isTTY)
    throw new UsageError(
      'the terms of a data set must be agreed to, and there is no terminal to ask on',
      `read them above or at the home page, and agree with: ${commandLine('data', 'pull', name, ...into(options), '--yes')}`,
    );
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  try {
    // Ctrl-C and Ctrl-D close the prompt without an answer: that is a no.
    const closed = new Promise<string>((resolve) => {
      prompt.on('SIGINT', () => prompt.close());
      prompt.on('close', () => resolve(''));
    });
    const answer = await Promise.race([prompt.question('Do you agree to these terms, and download? [y/N] '), closed]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}

function showReport(terminal: Terminal, report: PullReport, name: string, out: string | undefined): void {
  const { files, missing, manual } = report;
  const next = commandLine('data', 'prepare', name, ...(out === undefined ? [] : ['--raw', out]));
  terminal.value({ kind: 'result', ...report, next });
  const checks = {
    publisher: "the publisher's checksum",
    record: 'as last time',
    nothing: 'checksum recorded',
  } as const;
  for (const { file, bytes: size, sha256, wasThere, checkedBy, members } of files) {
    const how = wasThere ? 'was there' : 'downloaded';
    terminal.line(`${file}  ${bytes(size)}  ${how}, ${checks[checkedBy]}  sha256 ${sha256.slice(0, 16)}..`);
    for (const member of members) terminal.line(`  ${member}`);
  }
  if (files.length === 0) terminal.line('all files are there');
  if (missing.length > 0) {
    terminal.line();
    terminal.line(terminal.style('yellow', `still missing: ${missing.join(', ')}`));
    for (const line of (manual ?? '').trimEnd().split('\n')) terminal.line(line);
  }
  terminal.line();
  terminal.line(`next: ${next}`);
}
