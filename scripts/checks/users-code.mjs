// What a user of `difsr` writes first: the lines of the README, as an ES module and as CommonJS, with the types of their results,
// and the service of the guide. Written into a project where the packages are installed, compiled there as its user would.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../bootstrap.mjs';
import { blocksOf, guideBlocks } from '../docs/guide-blocks.mjs';
import { run } from '../steps.mjs';

const IMPORTS = "import { prepare, train, openRecommender } from 'difsr';";
const DYNAMIC = "const { prepare, train, openRecommender } = await import('difsr');";
const LINES = `
await prepare('orders.csv', { items: 'catalogue.jsonl', out: 'data/shop' });
await train({ data: 'data/shop', model: 'dif-sr', out: 'runs/shop', epochs: 20, onEvent });
const shop = await openRecommender('runs/shop');
await shop.recommend(['B004', 'B017'], { k: 10 });                  // { items: [{ id, name?, score }], unknown, popular }
await shop.recommendMany([{ history: ['B004'] }, { history: ['B017', 'B233'], exclude: ['B1'] }], { k: 10 });
await shop.dispose();
`;
/** What the lines stand on, and what they gave: the types that the comment promises, and an answer to look at. */
const BEFORE = `
let epochs = 0;
const onEvent = (event: import('difsr').TrainEvent): void => {
  if (event.kind === 'epoch') epochs = event.record.epoch;
};`;
/** The same where CommonJS may not name a type of an ES module without more ado. */
const BEFORE_IMPORTED = `
let epochs = 0;
const onEvent = ({ kind }: { readonly kind: string }): void => {
  if (kind === 'epoch') epochs += 1;
};
`;
const AFTER = `
interface Answer {
  readonly items: readonly { readonly id: string; readonly name?: string; readonly score: number }[];
  readonly unknown: readonly string[];
  readonly popular: boolean;
}
const again = await openRecommender('runs/shop');
const answer: Answer = await again.recommend(['B004', 'nobody'], { k: 3 });
await again.dispose();
console.log(JSON.stringify({ epochs, answer }));
`;
const inFunction = (/** @type {string} */ code) => `async function main(): Promise<void> {${code}}\nvoid main();\n`;

const FILES = {
  'lines.mts': `${IMPORTS}${BEFORE}${LINES}${AFTER}`,
  'lines.cts': `${IMPORTS}${BEFORE}\n${inFunction(`${LINES}${AFTER}`)}`,
  // For the settings that know nothing of `require` for ES modules.
  'imported.cts': `${BEFORE_IMPORTED}${inFunction(`\n${DYNAMIC}${LINES}${AFTER}`)}`,
};

/** Settings of `module` under which the types hold, in ES modules and, with `await import`, in CommonJS: what the guide says. */
export const MODULE_SETTINGS = [
  { module: 'node16' },
  { module: 'node18' },
  { module: 'node20' },
  { module: 'nodenext' },
  { module: 'preserve', moduleResolution: 'bundler' },
  { module: 'esnext', moduleResolution: 'bundler' },
];

/** The code of the guide page "Serve from Node". */
function serviceOfGuide() {
  const blocks = guideBlocks().filter(({ page, flags }) => page === 'serve-from-node.md' && flags.includes('fragment'));
  if (blocks.length !== 1) throw new Error('docs/guide/serve-from-node.md has not one block "ts fragment"');
  return blocks[0]?.code ?? '';
}

/** The code that the README of the repository begins with. */
function linesOfReadme() {
  const [first] = blocksOf('README.md', readFileSync(join(ROOT, 'README.md'), 'utf8')).filter(
    ({ language }) => language === 'ts',
  );
  if (first === undefined) throw new Error('README.md has no block "ts"');
  return first.code;
}

/** Those under which CommonJS may also say `import .. from`, which becomes `require`. */
const REQUIRE = ['node20', 'nodenext', 'preserve'];

/** Orders and a catalogue that hold the items of the lines. @param {string} folder */
function writeShop(folder) {
  const known = new Map([0, 3, 16, 29].map((i, at) => [i, ['B1', 'B004', 'B017', 'B233'][at]]));
  const id = (/** @type {number} */ i) => known.get(i) ?? `C${i}`;
  const orders = Array.from({ length: 600 }, (_, i) => `u${i % 40},${id((i * 7) % 31)},${1_700_000_000 + i * 60}`);
  writeFileSync(join(folder, 'orders.csv'), `customer,sku,when\n${orders.join('\n')}\n`);
  const items = Array.from({ length: 31 }, (_, i) => ({ sku: id(i), title: `Thing ${i}`, brand: `brand ${i % 4}` }));
  writeFileSync(join(folder, 'catalogue.jsonl'), items.map((item) => `${JSON.stringify(item)}\n`).join(''));
}

/**
 * Writes what a user has: the lines in every form, the service, orders and a catalogue.
 *
 * @param {string} project With the packages in node_modules.
 * @returns {{ esModule: string, commonJs: string }} The folders to run the lines in.
 */
export function writeUsersCode(project) {
  const folders = { esModule: join(project, 'es-module'), commonJs: join(project, 'commonjs') };
  for (const folder of Object.values(folders)) {
    mkdirSync(folder);
    writeShop(folder);
  }
  for (const [name, code] of Object.entries(FILES)) writeFileSync(join(project, name), code);
  writeFileSync(join(project, 'readme.mts'), linesOfReadme());
  writeFileSync(join(project, 'shop.mjs'), serviceOfGuide());
  return folders;
}

/**
 * Compiles the user's code with all that is strict, the declarations of packages included, and writes it as JavaScript beside its source.
 *
 * @param {string} project
 * @param {{ module: string, moduleResolution?: string }} setting
 * @returns {Promise<string>} What the compiler complains about: nothing.
 */
export async function compile(project, { module, moduleResolution }) {
  const commonJs = REQUIRE.includes(module) ? ['lines.cts', 'imported.cts'] : ['imported.cts'];
  const compilerOptions = {
    module,
    moduleResolution,
    target: 'es2023',
    lib: ['es2023'],
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
  };
  const config = `tsconfig.${module}.json`;
  writeFileSync(
    join(project, config),
    JSON.stringify({ compilerOptions, files: ['lines.mts', 'readme.mts', ...commonJs] }),
  );
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const emit = module === 'nodenext' ? [] : ['--noEmit'];
  return run(process.execPath, [tsc, '-p', config, ...emit], { cwd: project }).catch((error) => String(error.output));
}
