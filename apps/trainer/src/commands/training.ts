// What train, resume and quickstart share: a training that Ctrl-C stops, and what is shown of it.
import { withInterrupt } from '@difsr/errors/commands';
import type { TrainControl, TrainEvent } from '@difsr/library';
import type { TrainOutcome } from '@difsr/training';
import { exitCodes, type ExitCode } from '../errors.js';
import { showData } from '../output/data.js';
import { showPreparedRaw } from '../output/inspection.js';
import { createProgress } from '../output/progress.js';
import { showOutcome } from '../output/results.js';
import type { Terminal } from '../output/terminal.js';

/**
 * Trains and shows it; Ctrl-C saves and stops it.
 *
 * @param show `part`: of a training for a comparison neither its data, which is the same for all, nor its results
 * @returns undefined where it was stopped before anything was trained
 */
export async function showTraining(
  terminal: Terminal,
  show: 'whole' | 'part',
  work: (control: Required<Pick<TrainControl, 'signal' | 'onEvent'>>) => Promise<TrainOutcome>,
): Promise<TrainOutcome | undefined> {
  // The loss of a model with attribute predictors is more than that of one without: in a comparison it says nothing.
  const progress = createProgress({ terminal, losses: show === 'whole' });
  let begun = false;
  const onEvent = (event: TrainEvent): void => {
    if (event.kind === 'start') begun = true;
    if (event.kind !== 'prepared' && event.kind !== 'data' && event.kind !== 'note') progress.event(event);
    else if (show === 'whole') showBefore(terminal, event);
  };
  try {
    const outcome = await withInterrupt((signal) => work({ signal, onEvent }), {
      doing: () => (begun ? 'saving' : 'stopping'),
      stopped: () => undefined,
    });
    progress.close();
    if (outcome === undefined) {
      terminal.value({ kind: 'interrupted' });
      terminal.line('interrupted before the training began: nothing was written');
    } else if (show === 'whole' || outcome.reason === 'interrupted') showOutcome(terminal, outcome);
    return outcome;
  } finally {
    progress.close();
  }
}

/** How a command ends whose training ended so. */
export function codeOfTraining(outcome: TrainOutcome | undefined): ExitCode {
  return outcome === undefined || outcome.reason === 'interrupted' ? exitCodes.interrupted : exitCodes.ok;
}

/** What comes before the training. */
function showBefore(terminal: Terminal, event: Extract<TrainEvent, { kind: 'prepared' | 'data' | 'note' }>): void {
  switch (event.kind) {
    case 'prepared':
      return showPreparedRaw(terminal, event);
    case 'data':
      return showData(terminal, event);
    case 'note':
      terminal.value(event);
      return terminal.line(event.message);
  }
}
