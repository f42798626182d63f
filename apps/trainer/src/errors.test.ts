// Every bad input ends with one screen that names where, what and the cure, an exit code other than 0, and nothing half-written.
import { appendFile, chmod, cp, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  difsr,
  freshFolder,
  ordinaryCaller,
  snapshot,
  TINY,
  TINY_MODEL,
  writeRecbole,
  writeS3Rec,
} from './command.test.support.js';
import { exitCodes } from './errors.js';

/** A bad input: what is put in place, what is typed, and what the message must name. */
interface BadInput {
  readonly name: string;
  /** Makes the bad file; the folder holds `shop/` (recbole), `Clicks.*` (s3rec) and `run/` (a finished run on shop). */
  readonly arrange?: (folder: string) => Promise<unknown>;
  readonly args: readonly string[];
  readonly code: number;
  /** Parts of the message: file, line, value, cure. */
  readonly names: readonly (string | RegExp)[];
  /** Whether it takes a user whom permissions stop, which they do not for root. */
  readonly forbidden?: boolean;
}

const train = (...args: string[]): string[] => [
  'train',
  '--data',
  'shop',
  '--epochs',
  '1',
  '--out',
  'new',
  ...TINY,
  ...args,
];
const write = (file: string, text: string) => (folder: string) => writeFile(join(folder, file), text);
const edit = (file: string, change: (text: string) => string) => async (folder: string) =>
  writeFile(join(folder, file), change(await readFile(join(folder, file), 'utf8')));

const dataInputs: readonly BadInput[] = [
  {
    name: 'a data set that does not exist',
    args: train('--data', 'shpo'),
    code: exitCodes.data,
    names: ['shpo', 'no such file', 'did you mean shop?'],
  },
  {
    name: 'a folder that does not exist',
    args: train('--data', 'nowhere/shop'),
    code: exitCodes.data,
    names: ['nowhere/shop', 'there is no folder nowhere'],
  },
  {
    name: 'commas instead of tabs',
    arrange: edit('shop/shop.inter', (text) => text.replaceAll('\t', ',')),
    args: train(),
    code: exitCodes.data,
    names: ['shop/shop.inter', 'line 1', /tab/i, 'cure:'],
  },
  {
    name: 'an id that is not a number',
    arrange: edit('Clicks.txt', (text) => text.replace('\n2 ', '\n2 B00X ')),
    args: train('--data', 'Clicks'),
    code: exitCodes.data,
    names: ['Clicks.txt', 'line 2', '"B00X"', 'cure:'],
  },
  {
    name: 'a time that is not a number',
    arrange: edit('shop/shop.inter', (text) => text.replace('\t1001\n', '\t12/31/1999\n')),
    args: train(),
    code: exitCodes.data,
    names: ['shop/shop.inter', 'line 3', '"timestamp"', '"12/31/1999"', 'cure:'],
  },
  {
    name: 'truncated JSON',
    arrange: (folder) => truncate(join(folder, 'Clicks_item2attributes.json'), 300),
    args: train('--data', 'Clicks'),
    code: exitCodes.data,
    names: ['Clicks_item2attributes.json', /line 1/, 'cure:'],
  },
  {
    name: 'an attribute file that is missing',
    arrange: (folder) => rm(join(folder, 'Clicks_item2attributes.json')),
    args: train('--data', 'Clicks'),
    code: exitCodes.data,
    names: ['Clicks_item2attributes.json', 'cure:'],
  },
  {
    name: 'an empty file',
    arrange: write('shop/shop.inter', ''),
    args: train(),
    code: exitCodes.data,
    names: ['shop/shop.inter', /empty/, 'cure:'],
  },
  {
    name: 'a header and nothing else',
    arrange: write('shop/shop.inter', 'user_id:token\titem_id:token\ttimestamp:float\n'),
    args: train(),
    code: exitCodes.data,
    names: ['shop/shop.inter', 'cure:'],
  },
  {
    name: 'nothing left after filtering',
    args: train('--set', 'data.userMin=500'),
    code: exitCodes.data,
    names: [/500|userMin|at least/, 'cure:'],
  },
  {
    name: 'a column that does not exist',
    args: train('--set', 'data.timeColumn=timestmp'),
    code: exitCodes.data,
    names: ['shop/shop.inter', '"timestmp"', 'did you mean "timestamp"?', 'data.timeColumn'],
  },
  {
    name: 'a file that is no text',
    arrange: (folder) => writeFile(join(folder, 'shop/shop.inter'), Uint8Array.of(0xff, 0xfe, 0x00, 0x80)),
    args: train(),
    code: exitCodes.data,
    names: ['shop/shop.inter', 'line 1', 'UTF-8', 'cure:'],
  },
  {
    name: 'a misspelt format',
    args: train('--format', 'recbloe'),
    code: exitCodes.usage,
    names: ['--format recbloe', 'did you mean recbole?'],
  },
  {
    name: 'users too short to hold anything out',
    arrange: write('shop/shop.inter', 'user_id:token\titem_id:token\nu1\ta\nu1\tb\nu2\tb\nu2\ta\n'),
    args: train(),
    code: exitCodes.data,
    names: ['shop', 'cure:'],
  },
];

const LOG = 'user,item,time\nu1,a,2020-01-01\nu1,b,2020-01-02\nu2,a,2020-01-03\nu2,b,2020-01-04\n';
const prepare = (...args: string[]): string[] => ['data', 'prepare', ...args];

/** Files that are prepared: by difsr data prepare, and on the way to training. */
const rawInputs: readonly BadInput[] = [
  {
    name: 'raw files that do not exist',
    args: prepare('clicks.cvs'),
    arrange: write('clicks.csv', LOG),
    code: exitCodes.data,
    names: ['clicks.cvs', 'no such file', 'did you mean clicks.csv?'],
  },
  {
    name: 'a misspelt recipe',
    args: prepare('ml-100x'),
    code: exitCodes.data,
    names: ['ml-100x', 'no recipe', 'did you mean ml-100k?'],
  },
  {
    name: 'a recipe whose files are not there',
    args: prepare('ml-100k'),
    code: exitCodes.data,
    names: ['ml-100k', 'cure:', 'difsr data pull ml-100k'],
  },
  {
    name: 'columns that cannot be told',
    arrange: write('sums.csv', 'alpha,beta\n1,x\n1,y\n2,x\n2,y\n'),
    args: prepare('sums.csv'),
    code: exitCodes.data,
    names: ['sums.csv', 'cannot tell which column is the user', 'alpha: 1 | 2', 'beta: x | y', '--user', '--item'],
  },
  {
    name: 'a column that the log lacks',
    arrange: write('clicks.csv', LOG),
    args: prepare('clicks.csv', '--time', 'tmie'),
    code: exitCodes.data,
    names: ['clicks.csv', '"tmie"', 'did you mean "time"?', '--time'],
  },
  {
    name: 'times of which nobody knows day and month',
    arrange: write('clicks.csv', LOG.replaceAll(/2020-01-0(\d)/g, '0$1/01/2020')),
    args: prepare('clicks.csv'),
    code: exitCodes.data,
    names: ['clicks.csv', '"time"', '"01/01/2020"', '--time-format "%d/%m/%Y"', '--time-format "%m/%d/%Y"'],
  },
  {
    name: 'times that are none',
    arrange: write('clicks.csv', LOG.replaceAll('2020-01-0', 'moment ')),
    args: prepare('clicks.csv'),
    code: exitCodes.data,
    names: ['clicks.csv', '"time"', '"moment 1" is not a time', '--time-format', '--time none'],
  },
  {
    name: 'raw rows that cannot be used, while training',
    arrange: write('clicks.csv', `${LOG}u3,,2020-01-05\nu 3,b,2020-01-05\nu3,b,12/31/1999\nu3,b\n`),
    args: train('--data', 'clicks.csv'),
    code: exitCodes.data,
    names: [
      'clicks.csv, line 6, column "item"',
      'line 7, column "user": "u 3"',
      'line 8, column "time": "12/31/1999" is not a time',
      'line 9: "u3,b"',
      '--time-format',
    ],
  },
  {
    name: 'rows that cannot be used, strictly',
    arrange: async (folder) => {
      await write('clicks.csv', `${LOG}u3,,2020-01-05\n`)(folder);
      await write('log.yaml', 'name: log\ninteractions: {files: clicks.csv, user: user, item: item}\n')(folder);
    },
    args: prepare('log.yaml', '--strict'),
    code: exitCodes.data,
    names: ['clicks.csv, line 6, column "item"', 'is empty', 'cure:'],
  },
  {
    name: 'a description with a misspelt key',
    arrange: write('shop.yaml', 'name: shop\ninteractions:\n  files: clicks.csv\n  usr: user\n  item: item\n'),
    args: train('--data', 'shop.yaml'),
    code: exitCodes.data,
    names: ['shop.yaml, line 4', '"usr"', 'did you mean user?'],
  },
  {
    name: 'an option beside a description that says it already',
    arrange: write('shop.yaml', 'name: shop\ninteractions: {files: clicks.csv, user: user, item: item}\n'),
    args: train('--data', 'shop.yaml', '--set', 'data.userMin=5'),
    code: exitCodes.data,
    names: ['shop.yaml', 'data.userMin', 'edit the description'],
  },
  {
    name: 'nothing left of raw files after filtering',
    arrange: write('clicks.csv', LOG),
    args: train('--data', 'clicks.csv', '--set', 'data.userMin=50'),
    code: exitCodes.data,
    names: ['clicks.csv', /50/, 'cure:'],
  },
  {
    name: 'a file of a header alone',
    arrange: write('clicks.csv', 'user,item,time\n'),
    args: train('--data', 'clicks.csv'),
    code: exitCodes.data,
    names: ['clicks.csv', 'no rows', 'cure:'],
  },
  {
    name: 'a catalogue of other items',
    arrange: async (folder) => {
      await write('clicks.csv', LOG)(folder);
      await write('items.csv', 'sku,brand\nX1,ajax\nX2,bolt\n')(folder);
    },
    args: prepare('clicks.csv', '--items', 'items.csv'),
    code: exitCodes.data,
    names: ['items.csv', 'sku: X1 | X2', '"item"', 'cure:'],
  },
  {
    name: 'a misspelt split',
    arrange: write('clicks.csv', LOG),
    args: prepare('clicks.csv', '--split', 'global-tiem'),
    code: exitCodes.usage,
    names: ['global-tiem', 'Did you mean global-time?'],
  },
  {
    name: 'an unknown key of a description by option',
    arrange: write('clicks.csv', LOG),
    args: prepare('clicks.csv', '--set', 'filters.userMn=5'),
    code: exitCodes.data,
    names: ['userMn', 'did you mean userMin?'],
  },
];

const configInputs: readonly BadInput[] = [
  {
    name: 'an unknown key in a configuration file',
    arrange: write('run.yaml', 'training:\n  epochs: 3\n  learningrate: 0.1\n'),
    args: train('--config', 'run.yaml'),
    code: exitCodes.usage,
    names: ['run.yaml, line 3', 'training.learningrate', 'did you mean training.learningRate?'],
  },
  {
    name: 'a key in the wrong section',
    arrange: write('run.yaml', 'epochs: 3\n'),
    args: train('--config', 'run.yaml'),
    code: exitCodes.usage,
    names: ['run.yaml, line 1', 'did you mean training.epochs?'],
  },
  {
    name: 'an unknown key of a model',
    args: train('--set', 'model.head=2'),
    code: exitCodes.usage,
    names: ['--set model.head=2', 'did you mean model.heads?'],
  },
  {
    name: 'a value that is not allowed in a file',
    arrange: write('run.yaml', 'training:\n  seed: 1\nmodel:\n  heads: two\n'),
    args: ['train', '--config', 'run.yaml', '--out', 'new'],
    code: exitCodes.usage,
    names: ['run.yaml, line 4', '"two"', 'a whole number of at least 1', 'cure: set model.heads'],
  },
  {
    name: 'a value that is not one of a few',
    args: train('--set', 'model.fusion=gated'),
    code: exitCodes.usage,
    names: ['--set model.fusion=gated', 'sum, concat, gate', 'did you mean gate?'],
  },
  {
    name: 'YAML that is broken',
    arrange: write('run.yaml', 'training:\n  epochs: [1, 2\nmodel: {}\n'),
    args: train('--config', 'run.yaml'),
    code: exitCodes.usage,
    names: [/run\.yaml, line [23]/, 'cure:'],
  },
  {
    name: 'a configuration file that does not exist',
    arrange: write('beauty.yaml', ''),
    args: train('--config', 'beuaty.yaml'),
    code: exitCodes.usage,
    names: ['beuaty.yaml', 'did you mean beauty.yaml?'],
  },
  {
    name: '--set without a value',
    args: train('--set', 'epochs'),
    code: exitCodes.usage,
    names: ['--set epochs', 'key=value', 'cure:'],
  },
  {
    name: 'epochs that are no number',
    args: train('--epochs', 'ten'),
    code: exitCodes.usage,
    names: ['--epochs ten', 'a whole number of at least 1', 'cure:'],
  },
  {
    name: 'no epochs at all',
    args: train('--epochs', '0'),
    code: exitCodes.usage,
    names: ['--epochs 0', 'of at least 1', 'cure:'],
  },
  {
    name: 'a learning rate below 0',
    args: train('--set', 'training.learningRate=-1'),
    code: exitCodes.usage,
    names: ['--set training.learningRate=-1', 'a number above 0', 'cure:'],
  },
  {
    name: 'a misspelt model',
    args: train('--model', 'difsr'),
    code: exitCodes.usage,
    names: ['--model difsr', 'did you mean dif-sr?'],
  },
  {
    name: 'a misspelt preset',
    args: train('--preset', 'smal'),
    code: exitCodes.usage,
    names: ['--preset', '"smal"', 'did you mean small?'],
  },
  {
    name: 'a misspelt option',
    args: train('--epoch', '3'),
    code: exitCodes.usage,
    names: ['--epoch', '--epochs', 'cure:'],
  },
  { name: 'a misspelt command', args: ['trian'], code: exitCodes.usage, names: ['trian', 'train', 'cure:'] },
  {
    name: 'a misspelt device',
    args: train('--device', 'gpu'),
    code: exitCodes.usage,
    names: ['gpu', 'auto, cpu, cuda, webgpu', 'Did you mean cuda or webgpu', 'node-gpu'],
  },
  { name: 'an option without its value', args: ['train', '--data'], code: exitCodes.usage, names: ['--data', 'cure:'] },
  {
    name: 'a side information field that the data lacks',
    args: train('--set', 'model.fields=[brnad]'),
    code: exitCodes.usage,
    names: ['model.fields', '"brnad"', 'did you mean brand?'],
  },
  {
    name: 'a misspelt field in an option per field',
    args: train('--set', 'model.attributeLoss={brnad: 5}'),
    code: exitCodes.usage,
    names: ['no field "brnad"', 'categories, brand', 'model.attributeLoss', 'did you mean brand?'],
  },
  {
    name: 'a field that is named twice',
    args: train('--set', 'model.fields=[brand, brand]'),
    code: exitCodes.usage,
    names: ['model.fields', '"brand" twice'],
  },
  {
    name: 'a warm-up longer than the run',
    args: train('--set', 'training.warmupSteps=5000'),
    code: exitCodes.usage,
    names: ['training.warmupSteps', 'got 5000', 'the steps of the run', 'cure:'],
  },
  {
    name: 'steps that a window does not fit into',
    args: train('--set', 'training.targetsPerStep=4'),
    code: exitCodes.usage,
    names: ['training.targetsPerStep', 'at least 8', 'got 4', 'cure:'],
  },
  {
    name: 'a model that is larger than the memory',
    args: train('--set', 'model.innerSize=5000000000'),
    code: exitCodes.usage,
    names: ['GB', 'model.innerSize'],
  },
  {
    name: 'a data field that the file lacks',
    args: train('--set', 'data.fields=[colour]'),
    code: exitCodes.data,
    names: ['shop/shop.item', '"colour"', 'cure:'],
  },
  {
    name: 'heads that do not divide the width',
    args: train('--set', 'model.heads=3'),
    code: exitCodes.usage,
    names: ['model.heads 3', 'model.hiddenSize 8', 'divisors of 8'],
  },
  {
    name: 'a metric that is none',
    args: train('--set', 'training.earlyStopping.metric=ndgc@10'),
    code: exitCodes.usage,
    names: ['ndgc@10', 'did you mean ndcg@10?'],
  },
  {
    name: 'a metric at a cut-off that is not computed',
    args: train('--set', 'training.earlyStopping.metric=ndcg@7'),
    code: exitCodes.usage,
    names: ['ndcg@7', 'evaluation.ks', 'cure:'],
  },
];

const runInputs: readonly BadInput[] = [
  {
    name: 'a folder that already holds a run',
    args: train('--out', 'run'),
    code: exitCodes.usage,
    names: ['--out run', 'already holds a run', 'difsr resume run'],
  },
  {
    name: 'a folder that holds something else',
    args: train('--out', 'shop'),
    code: exitCodes.usage,
    names: ['--out shop', 'not empty', 'cure:'],
  },
  {
    name: 'a file as the output folder',
    args: train('--out', 'Clicks.txt/run'),
    code: exitCodes.usage,
    names: ['Clicks.txt/run', 'cure:'],
  },
  {
    name: 'a folder that may not be written',
    arrange: async (folder) => chmod(await mkdir(join(folder, 'locked')).then(() => join(folder, 'locked')), 0o555),
    args: train('--out', 'locked/run'),
    code: exitCodes.usage,
    names: ['locked', /cannot be written|permission/, 'cure:'],
    forbidden: true,
  },
  {
    name: 'a folder below one that takes no folders',
    args: train('--out', '/proc/difsr/run'),
    // Others than root are told so before anything is loaded.
    code: process.getuid?.() === 0 ? exitCodes.failed : exitCodes.usage,
    names: ['/proc/difsr/run', /cannot be (?:created|written)/, 'cure:'],
  },
  {
    name: 'a run that is none',
    args: ['resume', 'shop'],
    code: exitCodes.failed,
    names: ['shop', 'not a run folder', 'cure:'],
  },
  {
    name: 'a truncated checkpoint',
    arrange: (folder) => truncate(join(folder, 'run/optimizer.safetensors'), 1000),
    args: ['resume', 'run', '--epochs', '5'],
    code: exitCodes.failed,
    names: ['run/optimizer.safetensors', 'cure:'],
  },
  {
    name: 'a checkpoint that is no checkpoint',
    arrange: write('run/optimizer.safetensors', 'hello'),
    args: ['resume', 'run', '--epochs', '5'],
    code: exitCodes.failed,
    names: ['run/optimizer.safetensors', 'cure:'],
  },
  {
    name: 'a checkpoint of something else',
    arrange: (folder) => cp(join(folder, 'run/model.safetensors'), join(folder, 'run/optimizer.safetensors')),
    args: ['resume', 'run', '--epochs', '5'],
    code: exitCodes.failed,
    names: ['run/optimizer.safetensors', 'cure:'],
  },
  {
    name: 'a history that is half a JSON list',
    args: ['recommend', 'run', '--history', '["item-1", '],
    code: exitCodes.usage,
    names: ['--history ["item-1", ', 'JSON list', 'cure:'],
  },
  {
    name: 'a truncated model',
    arrange: (folder) => truncate(join(folder, 'run/model.safetensors'), 2000),
    args: ['recommend', 'run', '--history', 'item-1'],
    code: exitCodes.failed,
    names: ['run/model.safetensors', 'cure:'],
  },
  {
    name: 'a model of other sizes',
    arrange: edit('run/config.json', (text) => text.replace('"hiddenSize": 8', '"hiddenSize": 16')),
    args: ['evaluate', 'run'],
    code: exitCodes.failed,
    names: ['run/config.json', 'model.hiddenSize is 16, was 8', 'cure:'],
  },
  {
    name: 'a configuration of a run that is damaged',
    arrange: edit('run/config.json', (text) => text.slice(0, 200)),
    args: ['evaluate', 'run'],
    code: exitCodes.failed,
    names: ['run/config.json', 'cure:'],
  },
  {
    name: 'a configuration that was edited',
    arrange: edit('run/config.json', (text) => text.replace('"seed": 42', '"seed": 43')),
    args: ['resume', 'run', '--epochs', '5'],
    code: exitCodes.failed,
    names: ['run', 'config.json', 'training.seed is 43, was 42', 'cure: put the old value back'],
  },
  {
    name: 'another vocabulary, evaluated',
    arrange: (folder) => writeRecbole(folder, 'other', 9),
    args: ['evaluate', 'run', '--data', 'other'],
    code: exitCodes.failed,
    names: [
      'run',
      'other',
      'is not the one',
      /the run does not know|training part has|another order/,
      'cure:',
      '--data PATH',
    ],
  },
  {
    name: 'another vocabulary, resumed',
    arrange: (folder) => appendFile(join(folder, 'shop/shop.inter'), 'user-999\titem-1\t5\n'),
    args: ['resume', 'run', '--epochs', '5'],
    code: exitCodes.failed,
    names: ['run', 'shop', 'is not the one', 'its items and fields are the same', 'cure:', '--data PATH'],
  },
  {
    name: 'data that was moved',
    arrange: (folder) => rm(join(folder, 'shop'), { recursive: true }),
    args: ['evaluate', 'run'],
    code: exitCodes.data,
    names: ['shop', 'cure:', '--data PATH'],
  },
  {
    name: 'more recommendations than items',
    args: ['recommend', 'run', '--history', 'item-1', '-k', '5000'],
    code: exitCodes.usage,
    names: ['-k 5000', 'cure:'],
  },
  {
    name: 'a number of recommendations that is none',
    args: ['recommend', 'run', '--history', 'item-1', '-k', '0'],
    code: exitCodes.usage,
    names: ["'0'", 'at least 1'],
  },
  { name: 'an export without a format', args: ['export', 'run'], code: exitCodes.usage, names: ['--onnx'] },
  {
    name: 'an export into a folder that does not exist',
    args: ['export', 'run', '--onnx', '--out', 'no/such/m.onnx'],
    code: exitCodes.failed,
    names: ['no/such/m.onnx', 'cure:'],
  },
  {
    name: 'a device that is missing',
    args: train('--device', 'cuda'),
    code: exitCodes.backend,
    names: ['--device cuda', 'cure:', /--device cpu/],
  },
  {
    name: 'a device that a backend does not have',
    args: train('--backend', 'reference', '--device', 'cuda'),
    code: exitCodes.usage,
    names: ['--device cuda', 'reference', 'cure:'],
  },
  {
    name: 'a device of tfjs that is not installed',
    args: train('--backend', 'tfjs', '--device', 'node-gpu'),
    code: exitCodes.backend,
    names: ['node-gpu', 'cure:', 'npm install @tensorflow/tfjs-node-gpu'],
  },
  {
    name: "a device of another backend's",
    args: train('--backend', 'tfjs', '--device', 'cuda'),
    code: exitCodes.usage,
    names: ['--device cuda', 'wasm, node, node-gpu, cpu', 'cure:', '--backend onnxruntime'],
  },
  {
    name: 'a learning rate that makes the loss infinite',
    args: train('--set', 'training.learningRate=1e30'),
    code: exitCodes.failed,
    names: [/loss is (NaN|-?Infinity)/, 'epoch 1', 'step', '1e+30', 'cure:'],
  },
];

let template = '';
const folders: string[] = [];

beforeAll(async () => {
  template = await freshFolder();
  folders.push(template);
  await chmod(template, 0o755);
  await writeRecbole(template);
  await writeS3Rec(template);
  const trained = await difsr(['train', '--data', 'shop', '--epochs', '1', '--out', 'run', ...TINY], { cwd: template });
  expect(trained.stderr + trained.stdout).toContain('run: run');
  expect(trained.code).toBe(0);
});

afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

/** A copy of the template to damage. */
async function damaged({ arrange }: BadInput): Promise<string> {
  const folder = await freshFolder();
  folders.push(folder);
  await cp(template, folder, { recursive: true });
  await chmod(folder, 0o755);
  await arrange?.(folder);
  return folder;
}

describe.each([
  ['data', dataInputs],
  ['raw files', rawInputs],
  ['configuration', configInputs],
  ['runs, folders and devices', runInputs],
])('bad input: %s', (_, inputs) => {
  it.for(inputs)('$name', async (bad, { skip }) => {
    const caller = bad.forbidden === true ? await ordinaryCaller(template) : {};
    skip(caller === undefined, 'needs a user other than root who can read the clone, or setpriv');
    const folder = await damaged(bad);
    const before = await snapshot(folder);
    const { code, stderr } = await difsr(bad.args, { cwd: folder, ...caller });
    for (const part of bad.names) expect(stderr).toMatch(part instanceof RegExp ? part : new RegExp(escaped(part)));
    expect(code).toBe(bad.code);
    expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+/m); // no stack trace
    expect(stderr).not.toContain('unexpected');
    expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(24);
    expect(await snapshot(folder)).toEqual(before);
  });
});

/** A text as a pattern of itself. */
function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

it('an item without an entry in the attribute file is counted, not refused', async () => {
  const folder = await damaged({ name: '', args: [], code: 0, names: [] });
  await edit('Clicks_item2attributes.json', (text) => {
    const { ['5']: _, ...rest } = JSON.parse(text) as Record<string, number[]>; // written by writeS3Rec
    return JSON.stringify(rest);
  })(folder);
  const { code, stdout } = await difsr(['train', '--data', 'Clicks', '--epochs', '1', '--out', 'new', ...TINY], {
    cwd: folder,
  });
  expect(code).toBe(0);
  expect(stdout).toMatch(/items? without .*\(1\)/);
});

it('DIFSR_TRACE shows where an error comes from', async () => {
  const { code, stderr } = await difsr(['train', '--data', 'nowhere', ...TINY_MODEL], {
    cwd: template,
    env: { DIFSR_TRACE: '1' },
  });
  expect(code).toBe(exitCodes.data);
  expect(stderr).toMatch(/^\s+at .*:\d+:\d+/m);
});
