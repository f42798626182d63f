// difsr export: one ONNX file of standard operators, checked against the backend that trained it.
import { exportRun } from '@difsr/library';
import { UsageError } from '@difsr/library/parts';
import { Option, type Command } from 'commander';
import { commandLine } from '../command-line.js';
import { exitCodes, type ExitCode } from '../errors.js';
import { jsonOption, ownModel, positiveInteger } from '../options.js';
import { bytes as size } from '../output/table.js';
import { processTerminal } from '../output/terminal.js';

interface ExportCommandOptions {
  readonly onnx?: boolean;
  readonly out?: string;
  readonly k?: number;
  readonly excluded?: boolean;
  readonly includeNew?: boolean;
  readonly model?: string;
  readonly json?: boolean;
}

/** Declares the command; `done` receives its exit code. */
export function addExport(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('export')
    .description('write the model as one ONNX file (opset 17, standard operators only)')
    .argument('<run>', 'run folder')
    .addOption(new Option('--onnx', 'the format, and the only one so far'))
    .option(
      '--out <file>',
      'the file (default: RUN/model.onnx); its vocabulary is put beside it as NAME.vocabulary.json',
    )
    .option(
      '-k <n>',
      'how many top items the file returns beside all scores (default: 20, or all items where there are fewer)',
      positiveInteger,
    )
    .option('--excluded', 'give the file an input of items that it must not recommend, such as seen ones')
    .option(
      '--include-new',
      'items without training interactions may be among the top items: of a model with item fields, which knows them by their attributes',
    );
  ownModel(command);
  jsonOption(command, 'the result as JSON')
    .addHelpText(
      'after',
      `
Inputs:
  items     int32 [batch, length], any batch, any length: ids by the order of "items" in NAME.vocabulary.json, oldest first.
            0 is padding. Ids that are none (-1, too large) are left out, of the rest the last maxLength are used.
  excluded  int32 [batch, any], with --excluded alone: ids that are not recommended, 0 = none.
  event.NAME, user.NAME  of a model that reads them, at the places of items: int32 [batch, length] or [batch, length, most] of value
            ids by the order of "fields" in NAME.vocabulary.json (0 = none), float [batch, length, 2] of a number and 1 (0, 0: none),
            float [batch, length, width + 1] of a vector and 1. Numbers are as the data has them. Those of users have no length.
            event.time.hour: 1 = 00:00 to 00:59 UTC .. 24 = 23:00 to 23:59 UTC, event.time.weekday: 1 = Monday .. 7 = Sunday, UTC
            (0 = none), event.time.gap: seconds since the one before.
Outputs:
  scores    float [batch, items + 1], of all items (column 0 is padding)
  ids       int32 [batch, k], best first, seen items among them; 0 where no item is left, and in rows without an item.
            Of a model with item fields, items without training interactions are not among them, unless with --include-new.
  values    float [batch, k], their scores
  used      int32 [batch], how many items of each row were used
The file says in its metadata_props: formatVersion, model, maxLength, items, k, excluded, newItems, vocabulary, vocabularySha256,
and values (JSON: what is fed beside items), where it is anything.

Examples:
  $ npx difsr export runs/clicks --onnx
  $ npx difsr export runs/clicks --onnx --out clicks.onnx -k 50
  $ npx difsr export runs/clicks --onnx --excluded`,
    )
    .action(async (run: string, options: ExportCommandOptions) => done(await exportCommand(run, options)));
}

async function exportCommand(
  folder: string,
  { json = false, onnx = false, out, k, excluded, includeNew, model }: ExportCommandOptions,
): Promise<ExitCode> {
  const terminal = processTerminal({ json });
  if (!onnx) throw new UsageError('no format was named', `write ${commandLine('export', folder, '--onnx')}`);
  const exported = await exportRun(folder, { out, k, excluded, includeNew, model });
  const { contract, comparedHistories, ...shown } = exported;
  terminal.value(shown);
  terminal.line(`${exported.file}: ${size(exported.bytes)}, opset ${exported.opset}, standard operators`);
  terminal.line(`  ${contract.replaceAll('\n', '\n  ')}`);
  terminal.line(`item ids: ${exported.vocabulary} ("items", by position)`);
  terminal.line(
    `checked: scores differ from the backend's by at most ${exported.largestRelativeDifference.toExponential(1)} of the largest, over ${comparedHistories} histories`,
  );
  return exitCodes.ok;
}
