// What a command shows when a run has ended: metrics, and what can be done next.
import type { RunMetrics, TrainOutcome } from '@difsr/training';
import { commandLine } from '../command-line.js';
import { bytes, metricsTable, seconds } from './table.js';
import type { Terminal } from './terminal.js';

/** Shows how a training ended. */
export function showOutcome(terminal: Terminal, outcome: TrainOutcome): void {
  const { reason, run, metrics } = outcome;
  terminal.value({ kind: 'result', reason, run, ...(metrics === undefined ? {} : { metrics }) });
  if (reason === 'interrupted' || metrics === undefined) {
    terminal.line(`interrupted; saved in ${run}\nresume: ${commandLine('resume', run)}`);
    return;
  }
  terminal.line();
  showMetrics(terminal, metrics);
  const early = reason === 'early-stopping' ? ' (stopped early)' : '';
  terminal.line();
  terminal.line(
    `best epoch ${metrics.best.epoch}${early}; ${seconds(metrics.secondsPerEpoch)} an epoch; test ranking ${seconds(metrics.evaluationSeconds)}; peak memory ${bytes(metrics.peakMemoryBytes)}`,
  );
  terminal.line(`run: ${run}`);
  terminal.line(`next: ${commandLine('recommend', run, '--history', 'ID ID ID')}`);
}

/** The table of metrics of a run. */
export function showMetrics(
  terminal: Terminal,
  { valid, test, protocol }: Pick<RunMetrics, 'valid' | 'test' | 'protocol'>,
): void {
  for (const line of metricsTable([
    { title: 'validation', metrics: valid },
    { title: 'test', metrics: test },
  ]))
    terminal.line(line);
  terminal.line(terminal.style('dim', protocolLine(protocol.maskSeen, protocol.split)));
}

/** The protocol, which belongs beside every result. */
export function protocolLine(maskSeen: boolean, split = 'leave-one-out'): string {
  return `full ranking of all items, seen items ${maskSeen ? 'left out (not the protocol of the paper)' : 'not masked'}; ${split}`;
}
