// difsr doctor: what works on this machine; for what does not, why, and the cure.
import { say } from '@difsr/errors';
import { doctor } from '@difsr/library';
import type { Command } from 'commander';
import { exitCodes, type ExitCode } from '../errors.js';
import { jsonOption } from '../options.js';
import { bytes, table } from '../output/table.js';
import { processTerminal } from '../output/terminal.js';
import { typed } from '../typed.js';

/** Declares the command; `done` receives its exit code. */
export function addDoctor(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command('doctor')
    .description('say which backends and devices work on this machine, and what would make the others work');
  jsonOption(command, 'the findings as JSON')
    .addHelpText(
      'after',
      `
Ends with exit code ${exitCodes.backend} if no device of onnxruntime works.

Example:
  $ npx difsr doctor`,
    )
    .action(async (options: { json?: boolean }) => done(await doctorCommand(options.json === true)));
}

async function doctorCommand(json: boolean): Promise<ExitCode> {
  const terminal = processTerminal({ json });
  const { machine, findings, auto } = await doctor();
  terminal.value({
    machine,
    findings: findings.map(({ cure, ...finding }) => ({
      ...finding,
      ...(cure === undefined ? {} : { cure: say(cure, typed) }),
    })),
    auto: auto ?? null,
  });
  terminal.line(
    `Node.js ${machine.node} on ${machine.platform}; ${machine.processor}, ${machine.threads} threads, ${bytes(machine.memoryBytes)}`,
  );
  const mark = (works: boolean): string =>
    works ? terminal.style('green', 'works') : terminal.style('red', 'missing');
  for (const finding of findings) {
    terminal.line(
      `${table([[finding.backend, finding.device]], ['left', 'left'])
        .join('')
        .padEnd(22)} ${mark(finding.works)}  ${finding.detail}`,
    );
    if (finding.cure !== undefined && !finding.works) terminal.line(`  cure: ${say(finding.cure, typed)}`);
  }
  terminal.line(auto === undefined ? 'no device works for training' : `--device auto takes: ${auto}`);
  return auto === undefined ? exitCodes.backend : exitCodes.ok;
}
