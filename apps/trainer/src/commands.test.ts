// The commands from end to end, as users run them: train, resume, evaluate, recommend, export, and what programs read.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { HostTensor } from '@difsr/graph';
import { describeOnnx } from '@difsr/onnx';
import { openModelFile } from '@difsr/onnxruntime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difsr, freshFolder, TINY, TINY_MODEL, writeRecbole, writeS3Rec, type Ended } from './command.test.support.js';
import { createProgram, exitCodeLines } from './program.js';

let cwd = '';
let trained: Ended;

beforeAll(async () => {
  cwd = await freshFolder();
  await writeRecbole(cwd);
  trained = await difsr(['train', '--data', 'shop', '--epochs', '2', '--seed', '7', ...TINY], { cwd });
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const RUN = 'runs/shop-dif-sr-1';
/** JSON that one of our own commands wrote. */
const parsed = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
const jsonLines = (text: string): Record<string, unknown>[] => text.trim().split('\n').map(parsed);
const fileOf = (run: string, file: string): Promise<Buffer> => readFile(join(cwd, run, file));

describe('train', () => {
  it('says what it loaded, writes a line per epoch, a table and the next step', () => {
    expect(trained).toMatchObject({ code: 0, stderr: '' });
    expect(trained.stdout).toMatch(
      /shop \(recbole\): 60 users, 150 items, [\d,]+ interactions; side information: categories \(\d+ values\), brand \(\d+ values\)/,
    );
    expect(trained.stdout).toMatch(/^epoch 1\/2 {2}loss \d+\.\d{3} {2}valid NDCG@10 0\.\d{4}/m);
    expect(trained.stdout).toMatch(/^epoch 2\/2 /m);
    expect(trained.stdout).toMatch(/^ +Recall@5 +NDCG@5/m);
    expect(trained.stdout).toMatch(/^test +0\.\d{4}/m);
    expect(trained.stdout).toContain(`run: ${RUN}`);
    expect(trained.stdout).not.toContain('\u001B'); // no control characters where there is no terminal
  });

  it('writes the whole run folder', async () => {
    for (const file of [
      'config.json',
      'model.safetensors',
      'optimizer.safetensors',
      'state.json',
      'vocabulary.json',
      'history.jsonl',
      'metrics.json',
      'README.md',
    ]) {
      expect((await stat(join(cwd, RUN, file))).size, file).toBeGreaterThan(0);
    }
    expect(jsonLines((await fileOf(RUN, 'history.jsonl')).toString())).toHaveLength(2);
    expect(parsed((await fileOf(RUN, 'config.json')).toString())).toMatchObject({
      device: 'cpu',
      training: { epochs: 2, seed: 7 },
      model: { name: 'dif-sr', heads: 2 },
    });
  });

  it('--json gives events as JSON lines, and the next free folder is taken', async () => {
    const { code, stdout } = await difsr(
      ['train', '--data', 'shop', '--model', 'sasrec', '--epochs', '1', '--json', ...TINY_MODEL],
      { cwd },
    );
    expect(code).toBe(0);
    const events = jsonLines(stdout);
    expect(events.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['data', 'start', 'step', 'evaluation', 'epoch', 'checkpoint', 'end', 'result']),
    );
    expect(events.at(-1)).toMatchObject({ kind: 'result', reason: 'finished', run: 'runs/shop-sasrec-1' });
    const again = await difsr(
      ['train', '--data', 'shop', '--model', 'sasrec', '--epochs', '1', '--json', ...TINY_MODEL],
      { cwd },
    );
    expect(jsonLines(again.stdout).at(-1)).toMatchObject({ run: 'runs/shop-sasrec-2' });
    expect(await fileOf('runs/shop-sasrec-2', 'model.safetensors')).toEqual(
      await fileOf('runs/shop-sasrec-1', 'model.safetensors'),
    );
  });

  it('trains every model, and on the reference backend', async () => {
    for (const model of ['sasrecf', 'nova']) {
      const { code, stderr } = await difsr(
        ['train', '--data', 'shop', '--model', model, '--epochs', '1', ...TINY_MODEL],
        { cwd },
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    }
    const { code, stdout } = await difsr(
      ['train', '--data', 'shop', '--epochs', '1', '--backend', 'reference', ...TINY],
      { cwd },
    );
    expect(code).toBe(0);
    expect(stdout).toContain('on reference (cpu)');
  });

  it('trains, resumes and ranks in float16', async () => {
    const train = ['train', '--data', 'shop', '--epochs', '1', '--device', 'cpu', '--out', 'runs/half', ...TINY];
    expect(await difsr([...train, '--precision', 'float16'], { cwd })).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse((await fileOf('runs/half', 'config.json')).toString())).toMatchObject({ precision: 'float16' });
    const resumed = await difsr(['resume', 'runs/half', '--epochs', '2'], { cwd });
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toMatch(/^warning: the cosine schedule is now laid out over 2 epochs instead of 1.*\n$/);
    expect(await difsr(['evaluate', 'runs/half', '--precision', 'float32'], { cwd })).toMatchObject({ code: 0 });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s saves, says how to resume, and the resumed run is the same',
    async (signal) => {
      const out = `interrupted-${signal}`;
      const args = ['train', '--data', 'shop', '--epochs', '40', '--seed', '3', '--json', ...TINY];
      const whole = await difsr([...args, '--out', `whole-${signal}`], { cwd });
      expect(whole.code).toBe(0);
      let sent = false;
      const stopped = await difsr([...args, '--out', out], {
        cwd,
        watch: (stdout, kill) => {
          if (sent || !stdout.includes('"kind":"epoch"')) return;
          sent = true;
          kill(signal);
        },
      });
      expect(stopped.code).toBe(130);
      expect(stopped.stderr).toContain('Ctrl-C again quits at once');
      expect(jsonLines(stopped.stdout).at(-1)).toMatchObject({ kind: 'result', reason: 'interrupted', run: out });
      const resumed = await difsr(['resume', out], { cwd });
      expect(resumed).toMatchObject({ code: 0, stderr: '' });
      expect(resumed.stdout).toMatch(/goes on at epoch \d+/);
      for (const file of ['model.safetensors', 'optimizer.safetensors', 'vocabulary.json'])
        expect(await fileOf(out, file), file).toEqual(await fileOf(`whole-${signal}`, file));
    },
  );
});

describe('evaluate', () => {
  it('finds the metrics that training wrote', async () => {
    const { code, stdout } = await difsr(['evaluate', RUN, '--json'], { cwd });
    expect(code).toBe(0);
    const written = parsed((await fileOf(RUN, 'metrics.json')).toString());
    expect(parsed(stdout)).toMatchObject({
      run: RUN,
      model: 'dif-sr',
      valid: written['valid'],
      test: written['test'],
      protocol: { maskSeen: false },
    });
  });

  it('--mask-seen is said beside the result, with the targets that it hides', async () => {
    const { stdout } = await difsr(['evaluate', RUN, '--mask-seen'], { cwd });
    expect(stdout).toContain('seen items left out (not the protocol of the paper)');
    expect(stdout).toMatch(
      /^\d+\.\d % of the validation targets and \d+\.\d % of the test targets had been seen before: .* misses$/m,
    );
  });

  it('shows the popular items beside both splits, and says so where the run does not beat them', async () => {
    const { stdout } = await difsr(['evaluate', RUN], { cwd });
    expect(stdout).toMatch(
      /^validation( +0\.\d{4}){9}\n {2}popular items( +0\.\d{4}){9}\ntest( +0\.\d{4}){9}\n {2}popular items/m,
    );
    expect(stdout).toContain('means over users, each with one target: validation 60 users, test 60 users');
    const { stdout: json } = await difsr(['evaluate', RUN, '--json'], { cwd });
    const { beatsPopular, warning } = JSON.parse(json) as { beatsPopular: { valid: boolean }; warning?: string }; // the command's own form
    expect(typeof warning).toBe(beatsPopular.valid ? 'undefined' : 'string');
    expect(stdout.includes('warning: the model does not beat the popular items')).toBe(!beatsPopular.valid);
  });

  it('a model that has diverged does not end like a success', async () => {
    const wild = [
      'train',
      '--data',
      'shop',
      '--epochs',
      '1',
      '--set',
      'training.learningRate=5',
      '--out',
      'wild',
      ...TINY,
    ];
    const { code, stdout } = await difsr(wild, { cwd });
    expect(code).toBe(0);
    expect(stdout.trim().split('\n').at(-1)).toMatch(
      /^warning: the model does not beat the popular items.*NDCG@10 0\.\d{4} against 0\.\d{4}.*Try more epochs/,
    );
  });
});

describe('recommend', () => {
  it('shows names, leaves seen items out, and names unknown ids', async () => {
    const { code, stdout, stderr } = await difsr(['recommend', RUN, '--history', 'item-3, item-7 itm-9', '-k', '5'], {
      cwd,
    });
    expect(code).toBe(0);
    expect(stderr).toMatch(/itm-9 \(did you mean item-9\?\)/);
    expect(stdout).toMatch(/^history, oldest first\n {2}item-3 +\S.*\n {2}item-7 +\S/m);
    const rows = stdout.split('recommended by dif-sr\n')[1]?.trimEnd().split('\n') ?? [];
    expect(rows).toHaveLength(5);
    for (const row of rows) expect(row).toMatch(/^\d {2}item-\d+ +\S.* -?\d+\.\d{3}$/);
  });

  it('--json is one object; --include-seen lets seen items return', async () => {
    const every = await difsr(
      ['recommend', RUN, '--history', 'item-3 item-7', '-k', '150', '--include-seen', '--json'],
      { cwd },
    );
    const fresh = await difsr(['recommend', RUN, '--history', 'item-3 item-7', '-k', '150', '--json'], { cwd });
    const ids = (text: string): unknown[] => (parsed(text)['items'] as { id: string }[]).map(({ id }) => id); // the command's own form
    expect(ids(every.stdout)).toHaveLength(150);
    expect(new Set(ids(every.stdout)).size).toBe(150);
    expect(ids(fresh.stdout)).toHaveLength(148);
    expect(ids(fresh.stdout)).not.toContain('item-3');
  });

  it('takes a JSON list of ids, for ids with spaces and commas in them', async () => {
    const { code, stdout, stderr } = await difsr(
      ['recommend', RUN, '--history', '["item-3", "tent, 2 persons", "item-7"]', '-k', '3', '--json'],
      { cwd },
    );
    expect(code).toBe(0);
    expect(parsed(stdout)).toMatchObject({ history: ['item-3', 'item-7'], unknown: ['tent, 2 persons'] });
    expect(stderr).toContain('tent, 2 persons');
  });

  it('a history without a known item gets the popular items and says so', async () => {
    const { code, stdout, stderr } = await difsr(['recommend', RUN, '--history', 'nothing', '-k', '3'], { cwd });
    expect(code).toBe(0);
    expect(stderr).toContain('most popular items');
    expect(stdout).toContain('most popular items');
  });
});

describe('export', () => {
  it('writes a file that recommends what the run recommends, for batches of any size', async () => {
    const { code, stdout } = await difsr(['export', RUN, '--onnx', '-k', '6', '--json'], { cwd });
    expect(code).toBe(0);
    const result = parsed(stdout);
    expect(result).toMatchObject({ file: `${RUN}/model.onnx`, opset: 17, k: 6 });
    expect(Number(result['largestRelativeDifference'])).toBeLessThan(1e-5);
    const vocabulary = parsed((await readFile(join(cwd, String(result['vocabulary'])))).toString());
    const tokens = vocabulary['items'] as string[]; // written by the trainer
    const model = await openModelFile(await fileOf(RUN, 'model.onnx'));
    const { ids } = await model.run({
      items: {
        dtype: 'int32',
        shape: [2, 3],
        data: Int32Array.from([3, 7, 0, 5, 6, 2], (n) => (n === 0 ? 0 : tokens.indexOf(`item-${n}`))),
      },
    });
    expect(ids?.shape).toEqual([2, 6]);
    const recommended = await difsr(
      ['recommend', RUN, '--history', 'item-3 item-7', '-k', '6', '--include-seen', '--json'],
      { cwd },
    );
    expect([...(ids?.data.slice(0, 6) ?? [])].map((id) => tokens[id])).toEqual(
      (parsed(recommended.stdout)['items'] as { id: string }[]).map(({ id }) => id),
    );
    await model.dispose();
  });

  it('writes a file that takes any history: the last items are used, what is no item is left out, no batch is none', async () => {
    const { code } = await difsr(['export', RUN, '--onnx', '-k', '4', '--out', 'edges.onnx'], { cwd });
    expect(code).toBe(0);
    const bytes = await readFile(join(cwd, 'edges.onnx'));
    const { metadata } = describeOnnx(bytes);
    const [longest, items] = [Number(metadata['maxLength']), Number(metadata['items'])];
    const model = await openModelFile(bytes);
    const run = async (...rows: (readonly number[])[]): Promise<Record<string, readonly number[]>> => {
      const length = rows[0]?.length ?? 3;
      const outputs = await model.run({
        items: { dtype: 'int32', shape: [rows.length, length], data: Int32Array.from(rows.flat()) },
      });
      return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, [...data]]));
    };
    const long = Array.from({ length: longest + 10 }, (_, i) => 1 + (i % Math.min(7, items)));
    const tail = await run(long.slice(10));
    expect(tail['used']).toEqual([longest]);
    expect(await run(long)).toEqual(tail);
    const plain = await run([3, 5]);
    for (const odd of [
      [3, -1, 5],
      [0, 0, 3, 5],
      [3, items + 1, 5, -1],
      [3, 5, 0],
    ])
      expect(await run(odd)).toEqual(plain);
    expect(await run([0, -1])).toMatchObject({ ids: [0, 0, 0, 0], used: [0] });
    expect(await run()).toEqual({ scores: [], ids: [], values: [], used: [] });
    await model.dispose();
  });

  it('keeps the vocabulary of each file in one folder, and says in the file which it is', async () => {
    for (const name of ['first', 'second']) {
      const { stdout } = await difsr(['export', RUN, '--onnx', '--out', `${name}.onnx`, '-k', '3', '--json'], { cwd });
      expect(parsed(stdout)).toMatchObject({ file: `${name}.onnx`, vocabulary: `${name}.vocabulary.json` });
      const { metadata } = describeOnnx(await readFile(join(cwd, `${name}.onnx`)));
      const vocabulary = await readFile(join(cwd, `${name}.vocabulary.json`));
      expect(metadata).toMatchObject({
        formatVersion: '2',
        model: 'dif-sr',
        k: '3',
        excluded: 'false',
        vocabulary: `${name}.vocabulary.json`,
        vocabularySha256: createHash('sha256').update(vocabulary).digest('hex'),
      });
      expect(parsed(vocabulary.toString())['items']).toHaveLength(Number(metadata['items']) + 1);
    }
    await expect(stat(join(cwd, 'vocabulary.json'))).rejects.toThrow('ENOENT');
  });

  it('--excluded gives the file an input of items that are not recommended', async () => {
    await difsr(['export', RUN, '--onnx', '--out', 'unseen.onnx', '-k', '5', '--excluded'], { cwd });
    const model = await openModelFile(await readFile(join(cwd, 'unseen.onnx')));
    const { items: tokens } = parsed((await readFile(join(cwd, 'unseen.vocabulary.json'))).toString()) as {
      items: string[];
    }; // written by the trainer
    const history = ['item-3', 'item-7'].map((id) => tokens.indexOf(id));
    const items: HostTensor = { dtype: 'int32', shape: [1, 2], data: Int32Array.from(history) };
    const { ids } = await model.run({ items, excluded: items });
    await model.dispose();
    const { stdout } = await difsr(['recommend', RUN, '--history', 'item-3 item-7', '-k', '5', '--json'], { cwd });
    expect([...(ids?.data ?? [])].map((id) => tokens[id])).toEqual(
      (parsed(stdout)['items'] as { id: string }[]).map(({ id }) => id), // the command's own form
    );
  });
});

describe('the other commands', () => {
  it('quickstart compares two models and recommends ten named items', async () => {
    const { code, stdout, stderr } = await difsr(['quickstart', '--epochs', '1'], { cwd });
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
      cwd: new URL('../../../', import.meta.url),
    });
    expect(stdout.trim()).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('data stats counts, as text and as JSON', async () => {
    const clicks = await writeS3Rec(cwd);
    const { stdout } = await difsr(['data', 'stats', clicks, '--json'], { cwd });
    const interactions = (await readFile(`${clicks}.txt`, 'utf8'))
      .trim()
      .split('\n')
      .reduce((sum, line) => sum + line.split(' ').length - 1, 0);
    expect(parsed(stdout)).toMatchObject({
      users: 40,
      interactions,
      attributes: { attributes: 8 },
      report: expect.any(Array) as unknown,
    });
    const text = await difsr(['data', 'stats', 'shop', '--set', 'data.userMin=8'], { cwd });
    expect(text.stdout).toMatch(/^users +\d+$/m);
    expect(text.stdout).toContain('multi-categorical');
  });

  it('models lists all of them, and the options of one', async () => {
    const all = JSON.parse((await difsr(['models', '--json'], { cwd })).stdout) as {
      name: string;
      options: { properties: object };
    }[]; // the command's own form
    expect(all.map(({ name }) => name)).toEqual(['dif-sr', 'sasrec', 'sasrecf', 'nova']);
    expect(Object.keys(all[0]?.options.properties ?? {})).toContain('fusion');
    expect((await difsr(['models', 'nova'], { cwd })).stdout).toMatch(/^model\.heads +2 +attention heads/m);
  });

  it('doctor finds the cpu, and gives a cure for everything that does not work', async () => {
    const { code, stdout } = await difsr(['doctor', '--json'], { cwd });
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

  it.each(['../../../README.md', '../README.md', '../../../examples/beauty.yaml'])(
    'the commands in %s are commands that the command line accepts',
    async (file) => {
      const text = await readFile(new URL(file, import.meta.url), 'utf8');
      const examples = [...text.matchAll(/^(?:# +)?npx difsr (.*?)(?: +#.*)?$/gm)].map((match) => match[1] ?? '');
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) await expect(accepts(example), example).resolves.toBe(true);
    },
  );

  it('the README explains the exit codes as --help does', async () => {
    const text = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
    for (const line of exitCodeLines()) expect(text).toContain(`| ${line.trim().replace(/ {2}/, ' | ')} |`);
  });

  it('the exit codes are in --help', async () => {
    const { stdout } = await difsr(['--help'], { cwd });
    expect(stdout).toMatch(/^ +130 {2}interrupted/m);
    expect(stdout).toMatch(/^ +4 {2}a backend or device/m);
  });
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
