// Bad runs, output folders and devices.
import { existsSync } from 'node:fs';
import { appendFile, chmod, cp, mkdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { writeRecbole } from '../command.test.support.js';
import { exitCodes } from '../errors.js';
import { edit, refuses, shops, train, write, type BadInput } from './refuses.test.support.js';

const shop = shops();

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
  // Where there is none, it would be made.
  ...(existsSync('/proc/self')
    ? [
        {
          name: 'a folder below one that takes no folders',
          args: train('--out', '/proc/difsr/run'),
          // Others than root are told so before anything is loaded.
          code: process.getuid?.() === 0 ? exitCodes.failed : exitCodes.usage,
          names: ['/proc/difsr/run', /cannot be (?:created|written)/, 'cure:'],
        },
      ]
    : []),
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
    arrange: edit('run/config.json', (text) => text.replace('"seed": 7', '"seed": 8')),
    args: ['resume', 'run', '--epochs', '5'],
    code: exitCodes.failed,
    names: ['run', 'config.json', 'training.seed is 8, was 7', 'cure: put the old value back'],
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

refuses(runInputs, shop);
