// Commands that are printed: named by the way this one was started, and quoted, so that they run when they are copied.
import { existsSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { shellWord } from '@difsr/training';
import { searchPath, startedByNpx } from './environment.js';

/** Where npm and pnpm put the commands of a project. */
const PROJECT = join('node_modules', '.bin');
const FILES = ['difsr', 'difsr.cmd'];

/** A command of ours with its arguments, as it can be typed here: `npx difsr resume "runs/my shop"`. */
export function commandLine(...words: readonly string[]): string {
  return [ownName(), ...words.map(shellWord)].join(' ');
}

/** A text of ours or a library's in which the command is called `difsr`, with the name that runs here. */
export function inOwnName(text: string): string {
  return text.replaceAll(
    /(?<![\w/.@-])(?:npx )?difsr (?=(?:quickstart|train|resume|evaluate|compare|tune|ablate|recommend|explain|analyze|export|serve|data|models|doctor|COMMAND|--help)\b|--help)/g,
    () => `${ownName()} `,
  );
}

/** What the command is called here: `npx difsr` in a clone or a project, `difsr` where that is installed. */
function ownName(): string {
  const script = process.argv[1] ?? '';
  if (startedByNpx()) return 'npx difsr';
  if (basename(script) === 'difsr' && !dirname(script).endsWith(PROJECT)) return 'difsr';
  if (isProject(process.cwd())) return 'npx difsr';
  if (isInstalled()) return 'difsr';
  return `node ${shellWord(script)}`;
}

/** Whether npx finds the command from a folder: there, or in a folder above. */
function isProject(folder: string): boolean {
  if (FILES.some((file) => existsSync(join(folder, PROJECT, file)))) return true;
  const parent = dirname(folder);
  return parent !== folder && isProject(parent);
}

function isInstalled(): boolean {
  const folders = searchPath()
    .split(delimiter)
    .filter((folder) => folder !== '' && !folder.endsWith(PROJECT));
  return folders.some((folder) => FILES.some((file) => existsSync(join(folder, file))));
}
