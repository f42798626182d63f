// What people call things who know other tools: our word for it, offered in errors. Suggestions only: nothing here is an alias.

/** A name without case and separators: `batch_size`, `--batch-size` and `batchSize` are one. */
export function normalName(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** Keys of the configuration by their names elsewhere, in the normal form of {@link normalName}. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  'data.path': ['dataset', 'datapath', 'datadir', 'datafolder', 'inputfile', 'trainfile'],
  'data.format': ['dataformat', 'fileformat', 'filetype'],
  'data.userColumn': ['usercol', 'userid', 'useridfield', 'userfield'],
  'data.itemColumn': ['itemcol', 'itemid', 'itemidfield', 'itemfield'],
  'data.timeColumn': ['timecol', 'timestamp', 'timefield', 'timestampcolumn'],
  'data.userMin': ['minuserinteractions', 'userinternuminterval', 'minusercount', 'usercore'],
  'data.itemMin': ['minitem', 'minitemcount', 'minitemfreq', 'itemcore', 'kcore'],
  'training.epochs': ['epoch', 'nepochs', 'numepochs', 'maxepochs', 'numtrainepochs', 'iterations'],
  'training.seed': ['randomseed', 'randomstate', 'manualseed', 'seeds'],
  'training.targetsPerStep': ['batch', 'batchsize', 'trainbatchsize', 'bs', 'stepsize', 'perdevicetrainbatchsize'],
  'training.learningRate': ['lr', 'rate', 'learnrate', 'alpha', 'eta', 'baselr', 'initlr'],
  'training.warmupSteps': ['warmup', 'numwarmupsteps'],
  'training.schedule': ['scheduler', 'lrscheduler', 'lrschedule', 'lrdecay', 'decay'],
  'training.optimizer': ['opt', 'optim', 'learner', 'solver'],
  'training.weightDecay': ['wd', 'l2', 'l2reg', 'reg', 'regularization', 'l2emb', 'adamweightdecay'],
  'training.clipNorm': ['clip', 'gradclip', 'clipgrad', 'clipgradnorm', 'maxgradnorm', 'gradientclipping'],
  'training.earlyStopping.patience': ['patience', 'stoppingstep', 'earlystop', 'earlystoppingpatience'],
  'training.earlyStopping.metric': ['metric', 'validmetric', 'monitor', 'metrics'],
  'evaluation.ks': ['k', 'topk', 'cutoff', 'cutoffs', 'atk', 'n'],
  'evaluation.batchSize': ['evalbatchsize', 'testbatchsize', 'validbatchsize'],
  'evaluation.maskSeen': ['excludeseen', 'filterseen', 'removeseen', 'maskhistory'],
  'model.hiddenSize': [
    'd',
    'dim',
    'dims',
    'hidden',
    'hiddendim',
    'hiddenunits',
    'dmodel',
    'embeddingsize',
    'embeddingdim',
    'embdim',
    'embsize',
    'width',
  ],
  'model.innerSize': ['dff', 'ffn', 'ffnsize', 'ffndim', 'intermediatesize', 'feedforwarddim'],
  'model.stateSize': ['rnnsize', 'rnnhiddensize', 'gruhiddensize', 'recurrentsize', 'rnnunits'],
  'model.layers': ['nlayers', 'numlayers', 'blocks', 'numblocks', 'depth', 'numhiddenlayers'],
  'model.heads': ['nheads', 'numheads', 'attentionheads', 'numattentionheads'],
  'model.maxLength': [
    'maxlen',
    'maxseqlen',
    'maxseqlength',
    'maxsequencelength',
    'maxitemlistlength',
    'seqlen',
    'sequencelength',
    'window',
  ],
  'model.hiddenDropout': ['dropout', 'dropoutrate', 'dropoutprob', 'hiddendropoutprob', 'droprate'],
  'model.attentionDropout': ['attndropout', 'attndropoutprob', 'attentionprobsdropoutprob'],
  'model.fields': [
    'features',
    'attributes',
    'sides',
    'side',
    'sideinfo',
    'selectedfeatures',
    'itemfeatures',
    'columns',
  ],
  'model.sideWidth': ['attributehiddensize', 'sidedim', 'attributesize', 'sidesize'],
  'model.fusion': ['fusiontype', 'fuse'],
  'model.attributeLoss': ['lambda', 'lamda', 'lamdas', 'lambdas', 'attributeweight', 'auxloss'],
  'model.loss': ['losstype', 'lossfunction', 'criterion'],
  'model.negatives': ['numnegatives', 'nneg', 'numneg', 'negativesampling', 'negspos', 'negsperpos', 'negativesamples'],
  'model.logits': ['similarity'],
  'model.temperature': ['tau', 'softmaxtemperature'],
  'model.calibration': ['gbcet', 'calibrationparameter'],
  device: ['gpu', 'cuda', 'usegpu', 'gpuid', 'accelerator', 'devices', 'usecuda'],
  threads: ['workers', 'numworkers', 'numthreads', 'nthreads', 'jobs', 'njobs', 'cpus', 'cores'],
  precision: ['fp16', 'half', 'amp', 'mixedprecision', 'dtype', 'bf16'],
};

/** What differs, where a name elsewhere stands for something that ours does not. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  'training.targetsPerStep': 'it counts targets, not users',
  'model.hiddenDropout': 'attention has its own, model.attentionDropout',
};

/** Values for the example of a key that has no default of its own to show. */
const VALUES: Readonly<Record<string, string>> = {
  'data.path': 'data/shop',
  'data.userMin': '5',
  'data.itemMin': '5',
  'data.fields': 'brand,tags',
  'data.userColumn': 'customer',
  'data.itemColumn': 'sku',
  'data.timeColumn': 'ts',
  'data.format': 'csv',
  'data.categoryText': 'names',
  'data.streaming': 'on',
  'evaluation.ks': '5,10,20',
  'evaluation.maskSeen': 'true',
  'model.fields': 'brand,tags',
  'training.clipNorm': '5',
  'training.schedule': '{kind: cosine}',
  'training.weightDecay': '0.01',
  'training.warmupSteps': '200',
  device: 'cuda',
  precision: 'float16',
  threads: '4',
};

/** All of this, for the test that compares it with what there is. */
export const otherNames: {
  readonly keys: Readonly<Record<string, readonly string[]>>;
  readonly differences: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, string>>;
} = { keys: KEYS, differences: DIFFERENCES, values: VALUES };

/**
 * The keys that a name may mean: those whose last part it is but for case, separators and an s at the end, and the one that is
 * called so elsewhere; of both, those in the section where it was written, if there are any.
 */
export function keysMeant(name: string, known: readonly string[], section = ''): readonly string[] {
  const wanted = normalName(name);
  const elsewhere = Object.entries(KEYS).flatMap(([path, names]) => (names.includes(wanted) ? [path] : []));
  const singular = (own: string): string => own.replace(/s$/, '');
  const same = known.filter((path) => singular(normalName(path.split('.').at(-1) ?? '')) === singular(wanted));
  // Batch sizes, say, are mostly those of training: what stands in the table comes first.
  const found = [...new Set([...elsewhere.filter((path) => known.includes(path)), ...same])];
  const inSection = section === '' ? [] : found.filter((path) => path.startsWith(`${section}.`));
  return inSection.length > 0 ? inSection : found;
}

/** What a reader must know beside the name; empty where nothing. */
export function differenceOf(path: string): string {
  const difference = DIFFERENCES[path];
  return difference === undefined ? '' : ` (${difference})`;
}

/** A value that shows how a key is written: as typed where it was, else the example, else the default. */
export function exampleValue(path: string, fallback: unknown, typed?: string): string {
  if (typed !== undefined && typed !== '' && DIFFERENCES[path] === undefined) return typed;
  return (
    VALUES[path] ??
    (fallback === undefined ? 'VALUE' : typeof fallback === 'string' ? fallback : JSON.stringify(fallback))
  );
}
