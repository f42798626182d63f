// What the command says of itself: help, exit codes and documented command lines, models, devices; and the quickstart.
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { difsr, difsrProcess, freshFolder } from '../command.test.support.js';
import { exitCodeLines } from '@difsr/errors/commands';
import { exitCodeMeanings, exitCodes } from '../errors.js';
import { createProgram } from '../program.js';

let cwd = '';
beforeAll(async () => {
  cwd = await freshFolder();
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

it('quickstart compares two models and recommends ten named items', async () => {
  const { code, stdout, stderr } = await difsrProcess(['quickstart', '--epochs', '1'], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(
    /side by side, test\n.*Recall@5.*\nsasrec( +0\.\d{4}){9}\ndif-sr( +0\.\d{4}){9}\npopular items( +0\.\d{4}){9}\n/,
  );
  expect(stdout).toMatch(
    /^DIF-SR finds the next item among its first ten for \d+ % of the users, SASRec for \d+ %, the list of popular items for \d+ %\.$/m,
  );
  expect(stdout).not.toMatch(/loss \d/); // of two models that mean different things by it
  const [, shown = ''] = stdout.split('recommended by dif-sr\n');
  expect(
    shown.split('\n').filter((line) => /^ *\d+ {2}item-\d+ +[A-Z]\w+ \w+.* -?\d+\.\d{3}$/.test(line)),
  ).toHaveLength(10);
  const again = /^again: npx difsr recommend (\S+) --history "([^"]+)"/m.exec(stdout);
  const repeated = await difsr(['recommend', again?.[1] ?? '', '--history', again?.[2] ?? '', '-k', '10'], { cwd });
  expect(stdout).toContain(repeated.stdout.split('recommended by dif-sr\n')[1]);
});

it('npx difsr works from the root of the repository', async () => {
  const { stdout } = await promisify(execFile)('npx', ['--no-install', 'difsr', '--version'], {
    cwd: new URL('../../../../', import.meta.url),
    shell: process.platform === 'win32', // npx is a .cmd there
  });
  expect(stdout.trim()).toMatch(/^\d+\.\d+\.\d+/);
});

it('models lists all of them, and the options of one', async () => {
  const all = JSON.parse((await difsr(['models', '--json'], { cwd })).stdout) as {
    name: string;
    options: { properties: object };
  }[]; // the command's own form
  expect(all.map(({ name }) => name)).toEqual([
    'dif-sr',
    'sasrec',
    'sasrecf',
    'nova',
    'fdsa',
    'bert4rec',
    'gru4rec',
    'gru4recf',
    'narm',
    'p-rnn',
    'icai-sr',
    's3-rec',
    'caser',
    'popular',
    'markov',
  ]);
  expect(Object.keys(all[0]?.options.properties ?? {})).toContain('fusion');
  expect((await difsr(['models', 'nova'], { cwd })).stdout).toMatch(/^model\.heads +2 +attention heads/m);
});

it('doctor finds the cpu, and gives a cure for everything that does not work', async () => {
  const { code, stdout } = await difsrProcess(['doctor', '--json'], { cwd });
  expect(code).toBe(0);
  const { findings, auto } = JSON.parse(stdout) as {
    findings: { backend: string; device: string; works: boolean; cure?: string }[];
    auto: string;
  }; // the command's own form
  expect(findings).toContainEqual(expect.objectContaining({ backend: 'onnxruntime', device: 'cpu', works: true }));
  for (const finding of findings) if (!finding.works) expect(finding.cure, finding.device).toMatch(/\w{4}/);
  expect(findings.some(({ device, works }) => device === auto && works)).toBe(true);
});

it('--help of every command has examples that the command line accepts', async () => {
  const commands = createProgram(() => undefined).commands.flatMap((command) =>
    command.commands.length > 0 ? command.commands : [command],
  );
  expect(commands.length).toBeGreaterThan(8);
  for (const command of commands) {
    const help = await difsr([...(command.parent?.name() === 'data' ? ['data'] : []), command.name(), '--help'], {
      cwd,
    });
    expect(help.code).toBe(0);
    const examples = [...help.stdout.matchAll(/^ {2}\$ npx difsr (.*)$/gm)].map((match) => match[1] ?? '');
    expect(examples.length, command.name()).toBeGreaterThan(0);
    for (const example of examples) await expect(accepts(example), example).resolves.toBe(true);
  }
});

it.each(['../../../../README.md', '../../README.md', '../../../../examples/beauty.yaml'])(
  'the commands in %s are commands that the command line accepts',
  async (file) => {
    const text = await readFile(new URL(file, import.meta.url), 'utf8');
    const examples = [...text.matchAll(/^(?:# +)?npx difsr (.*?)(?: +#.*)?$/gm)].map((match) => match[1] ?? '');
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) await expect(accepts(example), example).resolves.toBe(true);
  },
);

it('the README explains the exit codes as --help does', async () => {
  const text = await readFile(new URL('../../../../README.md', import.meta.url), 'utf8');
  for (const line of exitCodeLines(exitCodes, exitCodeMeanings))
    expect(text).toContain(`| ${line.trim().replace(/ {2}/, ' | ')} |`);
});

it('the exit codes are in --help', async () => {
  const { stdout } = await difsr(['--help'], { cwd });
  expect(stdout).toMatch(/^ +130 {2}interrupted/m);
  expect(stdout).toMatch(/^ +4 {2}a backend or device/m);
});

/** Whether the command line parses; no command runs. */
async function accepts(example: string): Promise<boolean> {
  const program = createProgram(() => undefined);
  const words = [...example.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? '',
  );
  let reached = false;
  for (const command of program.commands.flatMap((each) => [each, ...each.commands])) {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
    if (command.commands.length === 0) command.action(() => void (reached = true));
  }
  await program.parseAsync(words, { from: 'user' });
  return reached;
}
