// difsr models: what can be trained, and the options of each model.
import { allowed, chooseByName } from '@difsr/errors';
import { models, type ModelDescription } from '@difsr/library';
import { UsageError } from '@difsr/library/parts';
import type { Command } from 'commander';
import { exitCodes, type ExitCode } from '../errors.js';
import { jsonOption } from '../options.js';
import { table } from '../output/table.js';
import { processTerminal, type Terminal } from '../output/terminal.js';

/** Declares the command; `done` receives its exit code. */
export function addModels(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('models')
    .description('list the models, or the options of one')
    .argument('[name]', 'a model');
  jsonOption(command, 'as JSON, with a JSON Schema of the options')
    .addHelpText(
      'after',
      `
Examples:
  $ npx difsr models
  $ npx difsr models dif-sr
  $ npx difsr models --json`,
    )
    .action((name: string | undefined, options: { json?: boolean }) => {
      const terminal = processTerminal({ json: options.json === true });
      const all = models();
      const byName = new Map(all.map((model) => [model.name, model]));
      const chosen = name === undefined ? all : [chooseByName('model', name, byName, UsageError)];
      terminal.value(chosen);
      if (name === undefined) list(terminal, all);
      else for (const model of chosen) show(terminal, model);
      done(exitCodes.ok);
    });
}

function list(terminal: Terminal, all: readonly ModelDescription[]): void {
  const rows = all.map(({ name, description, source }, place) => [
    name,
    `${description}${place === 0 ? ' (the default)' : ''}`,
    source ?? '',
  ]);
  for (const line of table(rows, ['left', 'left', 'left'])) terminal.line(line);
}

function show(terminal: Terminal, model: ModelDescription): void {
  terminal.line(`${terminal.style('bold', model.name)}: ${model.description}`);
  if (model.source !== undefined) terminal.line(model.source);
  terminal.line();
  const options = Object.entries(model.options.properties ?? {});
  const rows = options.map(([key, node]) => [
    `model.${key}`,
    node.default === undefined ? '-' : JSON.stringify(node.default),
    `${node.description ?? ''} (${allowed(node)})`,
  ]);
  for (const line of table([['option', 'default', 'meaning'], ...rows], ['left', 'left', 'left'])) terminal.line(line);
}
