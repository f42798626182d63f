// What people type who know other tools: our option or command for it, and an example of each. Suggestions only.
import { normalName } from '@difsr/library/parts';
import { shellWord } from '@difsr/training';
import { commandLine } from './command-line.js';

/** Options by their names elsewhere, in the normal form of `normalName`; the first that the command has is meant. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  '--data': [
    'dataset',
    'datapath',
    'datadir',
    'input',
    'inputfile',
    'file',
    'path',
    'train',
    'log',
    'interactions',
    'd',
    'i',
  ],
  '--out': [
    'output',
    'outputdir',
    'outdir',
    'outfile',
    'dest',
    'save',
    'savedir',
    'runname',
    'rundir',
    'run',
    'o',
    'file',
  ],
  '--init': [
    'initialweights',
    'initfrom',
    'pretrained',
    'pretrainedmodel',
    'finetune',
    'finetunefrom',
    'warmstart',
    'checkpoint',
    'ckpt',
    'load',
    'loadfrom',
    'weights',
    'from',
  ],
  '--epochs': ['epoch', 'nepochs', 'numepochs', 'maxepochs', 'e', 'iterations'],
  '--seed': ['randomseed', 'randomstate', 's'],
  '--config': ['cfg', 'conf', 'configfile', 'c', 'yaml'],
  '--model': ['modelname', 'arch', 'architecture', 'm', 'algorithm'],
  '--device': ['gpu', 'cuda', 'cpu', 'usegpu', 'gpuid', 'webgpu', 'accelerator'],
  '--threads': ['workers', 'numworkers', 'numthreads', 'nthreads', 'jobs', 'njobs', 'j', 'cores', 'cpus'],
  '--precision': ['fp16', 'half', 'amp', 'float16', 'mixedprecision', 'dtype'],
  '--history': ['hist', 'items', 'item', 'itemids', 'ids', 'seq', 'sequence', 'session', 'context', 'basket'],
  '-k': ['k', 'topk', 'top', 'n', 'num', 'limit', 'count', 'size', 'numrecommendations'],
  '--include-seen': ['seen', 'keepseen', 'allowseen', 'withseen', 'repeat'],
  '--mask-seen': ['excludeseen', 'filterseen', 'removeseen', 'hideseen'],
  '--items': ['catalogue', 'catalog', 'item-file', 'itemfile', 'products', 'metadata', 'meta', 'itemfeatures'],
  '--user': ['usercol', 'usercolumn', 'userid', 'usercolumnname', 'customer'],
  '--item': ['itemcol', 'itemcolumn', 'itemid', 'product'],
  '--time': ['timecol', 'timecolumn', 'timestamp', 'timestampcolumn', 'date'],
  '--time-format': ['dateformat', 'timestampformat', 'format'],
  '--zone': ['timezone', 'tz'],
  '--min-user-interactions': ['minuser', 'usermin', 'usercore', 'minuseractions'],
  '--min-item-interactions': ['minitem', 'itemmin', 'itemcore', 'kcore', 'core'],
  '--split': ['splitmethod', 'testsize', 'validation', 'holdout'],
  '--memory-limit': ['memory', 'mem', 'ram', 'maxmemory'],
  '--temp-directory': ['tmp', 'temp', 'tmpdir', 'tempdir'],
  '--dry-run': ['dry', 'n', 'preview', 'whatif'],
  '--overwrite': ['force', 'f', 'replace'],
  '--yes': ['y', 'agree', 'accept', 'force'],
  '--onnx': ['format', 'type', 'to'],
  '--html': ['report', 'page'],
  '--svg': ['plots', 'plot', 'charts', 'figures'],
};

/** What a run folder is called where it is given by an option. */
export const RUN_NAMES: readonly string[] = [
  'run',
  'runfolder',
  'rundir',
  'checkpoint',
  'ckpt',
  'model',
  'modelpath',
  'modeldir',
  'load',
  'weights',
  'from',
  'm',
  'path',
];

/** Values for examples. */
const VALUES: Readonly<Record<string, string>> = {
  '--data': 'data/shop',
  '--format': 'csv',
  '--model': 'sasrec',
  '--preset': 'paper',
  '--config': 'run.yaml',
  '--set': 'training.learningRate=0.0005',
  '--epochs': '30',
  '--seed': '7',
  '--out': 'runs/mine',
  '--init': 'runs/before',
  '--backend': 'tfjs',
  '--device': 'cuda',
  '--threads': '4',
  '--precision': 'float16',
  '--history': 'ID ID ID',
  '-k': '10',
  '--items': 'catalogue.jsonl',
  '--users': 'users.csv',
  '--user': 'customer',
  '--item': 'sku',
  '--time': 'ts',
  '--time-format': '%d.%m.%Y %H:%M',
  '--zone': 'Europe/Berlin',
  '--name': 'shop',
  '--raw': 'data/raw/ml-1m',
  '--min-user-interactions': '5',
  '--min-item-interactions': '5',
  '--duplicates': 'first',
  '--split': 'ratio:0.1,0.1',
  '--memory-limit': '4GB',
  '--temp-directory': '/tmp',
  '--html': 'shop.html',
  '--svg': 'plots',
  '--interactions': '200k',
};

/** A call of every command that needs more than its name. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  train: ['train', '--data', 'data/shop'],
  resume: ['resume', 'runs/NAME'],
  evaluate: ['evaluate', 'runs/NAME'],
  recommend: ['recommend', 'runs/NAME', '--history', 'ID ID ID'],
  explain: ['explain', 'runs/NAME', '--history', 'ID ID ID'],
  export: ['export', 'runs/NAME', '--onnx'],
  serve: ['serve', 'runs/NAME'],
  'data prepare': ['data', 'prepare', 'clicks.csv', '--out', 'data/shop'],
  'data stats': ['data', 'stats', 'data/shop'],
  'data generate': ['data', 'generate', '--out', 'generated'],
  'data pull': ['data', 'pull', 'ml-1m'],
};

/** Commands by their names elsewhere. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  train: ['fit', 'run', 'learn', 'start'],
  resume: ['continue', 'restart'],
  evaluate: ['eval', 'test', 'score', 'metrics', 'benchmark'],
  explain: ['why', 'interpret', 'attribution', 'shap'],
  recommend: ['predict', 'infer', 'inference', 'topk', 'rec'],
  export: ['convert', 'onnx', 'save'],
  serve: ['server', 'http', 'api', 'rest', 'deploy', 'host'],
  'data pull': ['download', 'fetch', 'get', 'list', 'datasets'],
  'data prepare': ['preprocess', 'import', 'load', 'convert', 'ingest'],
  'data stats': ['describe', 'info', 'summary', 'statistics', 'analyse', 'analyze', 'show'],
  'data generate': ['make', 'synth', 'synthetic', 'demo'],
  doctor: ['devices', 'check', 'diagnose', 'gpu'],
  quickstart: ['demo', 'example', 'init', 'tutorial'],
};

/** Both tables, for the test that compares them with what there is. */
export const otherOptions: {
  readonly options: Readonly<Record<string, readonly string[]>>;
  readonly values: Readonly<Record<string, string>>;
  readonly commands: Readonly<Record<string, readonly string[]>>;
} = { options: OPTIONS, values: VALUES, commands: COMMANDS };

/** The option of a command that is called so elsewhere. */
export function optionMeant(flag: string, own: readonly string[]): string | undefined {
  const wanted = normalName(flag);
  const found = own.find((each) => normalName(each) === wanted);
  return found ?? Object.keys(OPTIONS).find((each) => own.includes(each) && OPTIONS[each]?.includes(wanted));
}

/** The command that is called so elsewhere, or by the last of its two words. */
export function commandMeant(name: string, paths: readonly string[]): string | undefined {
  const wanted = normalName(name);
  const last = paths.find((path) => path.split(' ').at(-1) === name);
  return last ?? paths.find((path) => COMMANDS[path]?.includes(wanted));
}

/** Devices that are named as options. */
const DEVICES = ['cuda', 'cpu', 'webgpu'];

/** An option with a value: as typed, else an example, else the option's default. */
export function exampleOf(option: string, fallback?: unknown, typed?: string): string {
  const value = typed ?? VALUES[option] ?? (fallback === undefined ? 'VALUE' : String(fallback));
  return `${option} ${shellWord(value)}`;
}

/** Where more has to be said than another name. */
export function specialCure(path: string, flag: string, value: string | undefined): string | undefined {
  const name = normalName(flag);
  if (path === 'recommend' && ['users', 'userid', 'u', 'customer'].includes(name))
    return `a run does not know who users are: give what the user had, oldest first, e.g. ${commandLine('recommend', 'runs/NAME', '--history', 'ID ID ID')}; what they are like, where the model reads it, with --user '{"country": "AT"}'`;
  if (path === 'evaluate' && ['k', 'ks', 'topk', 'n', 'cutoff', 'cutoffs', 'top'].includes(name))
    return `the cut-offs are the run's own, the key evaluation.ks: ${commandLine('train', '--data', 'PATH', '--set', `evaluation.ks=${value ?? '5,10,20'}`)}`;
  if (path === 'train' && ['items', 'item', 'catalogue', 'catalog', 'users', 'user', 'time', 'split'].includes(name))
    return `say that when the data is prepared, and train on what that writes, e.g. ${commandLine('data', 'prepare', 'clicks.csv', `--${name.startsWith('catalog') ? 'items' : name}`, value ?? VALUES[`--${name}`] ?? 'VALUE', '--out', 'data/shop')}`;
  if (
    OPTIONS['--device']?.includes(name) === true &&
    /^(?:train|quickstart|resume|evaluate|recommend|explain)$/.test(path)
  )
    return `did you mean --device? e.g. --device ${DEVICES.find((device) => device === name) ?? 'cuda'}`;
  if (
    OPTIONS['--precision']?.includes(name) === true &&
    /^(?:train|quickstart|resume|evaluate|recommend|explain)$/.test(path)
  )
    return 'did you mean --precision? e.g. --precision float16';
  return undefined;
}
