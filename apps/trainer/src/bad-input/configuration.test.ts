// Bad options and configuration files.
import { exitCodes } from '../errors.js';
import { refuses, shops, train, write, type BadInput } from './refuses.test.support.js';

const shop = shops();

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
    names: ['run.yaml, line 1', 'did you mean training.epochs or pretraining.epochs?'],
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
    names: ['shop/shop', '"colour"', 'categories', 'brand', 'cure:'],
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

refuses(configInputs, shop);
