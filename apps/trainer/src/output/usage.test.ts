// What people type who know other tools gets the right name and an example, and exit code 2.
import { allPaths, configSchema, modelsByName, normalName, otherNames } from '@difsr/library/parts';
import { CommanderError, type Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { EXAMPLES, otherOptions } from '../other-options.js';
import { createProgram } from '../program.js';
import { describeUsage } from './usage.js';

async function refused(line: string): Promise<string> {
  const program = createProgram(() => undefined);
  const args = line.split(' ');
  const error: unknown = await program.parseAsync(args, { from: 'user' }).catch((problem: unknown) => problem);
  if (!(error instanceof CommanderError)) throw new Error(`${line}: was not refused (${String(error)})`);
  const { message, code } = describeUsage(error, program, args);
  expect(code).toBe(2);
  return message;
}

describe('options', () => {
  it.each([
    ['train --lr 0.01', 'train has no option --lr', '--set training.learningRate=0.01'],
    ['train --learning-rate=0.01', '--learning-rate', '--set training.learningRate=0.01'],
    ['train --batch-size 256', '--batch-size', 'training.targetsPerStep (it counts targets, not users)'],
    ['train --batch_size 256', '--batch_size', '--set training.targetsPerStep=2048'],
    ['train --epoch 3', '--epoch', 'did you mean --epochs? e.g. --epochs 3'],
    ['train --num-epochs 3', '--num-epochs', '--epochs 3'],
    ['train --dropout 0.2', '--dropout', '--set model.hiddenDropout=0.5'],
    ['train --hidden-size 32', '--hidden-size', '--set model.hiddenSize=32'],
    ['train --max_len 20', '--max_len', '--set model.maxLength=20'],
    ['train --patience 3', '--patience', '--set training.earlyStopping.patience=3'],
    ['train --fields brand,tags', '--fields', 'data.fields or model.fields'],
    ['train --gpu', '--gpu', '--device cuda'],
    ['train --gpu 0', '--gpu', '--device cuda'],
    ['train --cpu', '--cpu', '--device cpu'],
    ['train --fp16', '--fp16', '--precision float16'],
    ['train --num-workers=4', '--num-workers', '--threads 4'],
    ['train --dataset data/shop', '--dataset', '--data data/shop'],
    ['train --output-dir runs/x', '--output-dir', '--out runs/x'],
    ['train --items catalogue.csv', '--items', 'data prepare clicks.csv --items catalogue.csv'],
    ['train -e 3', '-e', '--epochs 3'],
    ['evaluate runs/x --k 5', 'evaluate has no option --k', 'train --data PATH --set evaluation.ks=5'],
    ['evaluate runs/x -k 5', '-k', 'evaluation.ks'],
    ['evaluate runs/x --topk', '--topk', 'evaluation.ks=5,10,20'],
    ['evaluate --run runs/x', '--run', 'evaluate runs/x'],
    ['evaluate runs/x --lr 1', '--lr', 'set when a run is trained'],
    ['resume runs/x --batch-size 4', '--batch-size', 'set when a run is trained'],
    ['recommend runs/x --user 5', '--history', '--history "ID ID ID"'],
    ['recommend runs/x --user-id ana -k 3', '--user-id', 'a run does not know who users are'],
    [
      'recommend runs/x --users 5',
      '--users',
      `--history "ID ID ID"; what they are like, where the model reads it, with --user '{`,
    ],
    ['recommend runs/x --hist B004', '--hist', '--history B004'],
    ['recommend runs/x --items B004', '--items', '--history B004'],
    ['recommend runs/x --k 3 --history a', '--k', '-k 3'],
    ['recommend runs/x --top-k 3 --history a', '--top-k', '-k 3'],
    ['recommend --checkpoint runs/x --history a', '--checkpoint', 'recommend runs/x --history "ID ID ID"'],
    ['export runs/x --format onnx', '--format', '--onnx'],
    ['export runs/x --onnx --k 5', '--k', '-k 5'],
    ['export runs/x --onnx --output m.onnx', '--output', '--out m.onnx'],
    ['data stats --data data/shop', '--data', 'data stats data/shop'],
    ['data prepare --input clicks.csv', '--input', 'data prepare clicks.csv'],
    ['data prepare clicks.csv --force', '--force', '--overwrite'],
    ['data prepare clicks.csv --user-col customer', '--user-col', '--user customer'],
    ['data prepare clicks.csv --catalog items.csv', '--catalog', '--items items.csv'],
    ['--json train', "unknown option '--json'", 'options stand behind the command'],
  ])('%s', async (line, problem, cure) => {
    const message = await refused(line);
    expect(message).toMatch(/^error: .*\n {2}cure: .+$/);
    expect(message).toContain(problem);
    expect(message.split('cure: ')[1]).toContain(cure);
  });

  it('where nothing is near, none is offered', async () => {
    for (const flag of ['--weird', '--hist'])
      expect(await refused(`train ${flag} 3`)).toMatch(/cure: .* train --help lists/);
  });
});

describe('arguments and commands', () => {
  it.each([
    ['train clicks.csv', 'did you mean', 'train --data clicks.csv'],
    ['train data/shop --epochs 3', 'did you mean', 'train --data data/shop'],
    ['quickstart clicks.csv', 'your own data', 'train --data clicks.csv'],
    ['recommend runs/x B1 B2', '--history', 'recommend runs/x --history "B1 B2"'],
    ['recommend runs/x', '--history', 'recommend runs/NAME --history "ID ID ID"'],
    ['recommend', '--history', 'recommend runs/NAME --history "ID ID ID"'],
    ['data generate shop', '--out', 'data generate --out'],
    ['data prepare', "'input'", 'data prepare clicks.csv'],
    ['train --data', "'--data <path>' argument missing", '--data data/shop'],
    ['trian', "'trian'", 'train --data data/shop'],
    ['fit', "'fit'", 'train --data data/shop'],
    ['prepare clicks.csv', "'prepare'", 'data prepare clicks.csv'],
    ['stats data/shop', "'stats'", 'data stats data/shop'],
    ['predict runs/x', "'predict'", 'recommend runs/NAME'],
    ['eval runs/x', "'eval'", 'evaluate runs/NAME'],
    ['data download ml-1m', "'download'", 'data pull ml-1m'],
    ['data prepar x', "'prepar'", 'data prepare clicks.csv'],
  ])('%s', async (line, problem, cure) => {
    const message = await refused(line);
    expect(message).toContain(problem);
    expect(message.split('cure: ')[1]).toContain(cure);
  });
});

describe('what is suggested exists', () => {
  const program = createProgram(() => undefined);
  const commands = program.commands.flatMap((command) =>
    command.commands.length === 0
      ? [[command.name(), command] as const]
      : command.commands.map((each) => [`${command.name()} ${each.name()}`, each] as const),
  );
  const flagsOf = ({ options }: Command): string[] => options.flatMap(({ long, short }) => [long ?? '', short ?? '']);

  it('keys, each under names of its own', () => {
    const paths = new Set([...modelsByName.values()].flatMap((model) => allPaths(configSchema(model))));
    const { keys, differences, values } = otherNames;
    for (const path of [keys, differences, values].flatMap(Object.keys)) expect([...paths]).toContain(path);
    const names = Object.values(keys).flat();
    expect(names.filter((name, index) => names.indexOf(name) !== index || normalName(name) !== name)).toEqual([]);
  });

  it('options and commands', () => {
    const flags = commands.flatMap(([, command]) => flagsOf(command));
    for (const flag of [otherOptions.options, otherOptions.values].flatMap(Object.keys)) expect(flags).toContain(flag);
    for (const path of Object.keys(otherOptions.commands)) expect(commands.map(([name]) => name)).toContain(path);
  });

  it('every option that takes a value says its default, or is needed, or may be repeated', () => {
    const silent = commands.flatMap(([path, { options }]) =>
      options
        .filter(({ required, mandatory, defaultValue }) => required && !mandatory && defaultValue === undefined)
        .filter(({ description }) => !/\bdefault\b|repeatable/.test(description))
        .map(({ flags }) => `${path} ${flags}`),
    );
    expect(silent).toEqual([]);
    for (const [, { options }] of commands) for (const { description } of options) expect(description).not.toBe('');
  });

  it('examples: their command, its arguments and its options', () => {
    for (const [path, words] of Object.entries(EXAMPLES)) {
      const command = commands.find(([name]) => name === path)?.[1];
      expect(words.join(' ')).toMatch(new RegExp(`^${path}\\b`));
      for (const word of words.filter((each) => each.startsWith('-')))
        expect(command && flagsOf(command)).toContain(word);
    }
  });
});
