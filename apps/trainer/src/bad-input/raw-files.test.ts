// Bad raw files, descriptions and recipes.
import { exitCodes } from '../errors.js';
import { refuses, shops, train, write, type BadInput } from './refuses.test.support.js';

const shop = shops();

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
    names: ['clicks.csv', '"time"', '"01/01/2020"', '--time-format %d/%m/%Y', '--time-format %m/%d/%Y'],
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
    code: exitCodes.usage,
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

refuses(rawInputs, shop);
