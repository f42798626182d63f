// What a run shows while it goes on: a line that is redrawn on a terminal, one line per case elsewhere.
import { engineTitle } from '../attention/candidate.js';
import { caseTitle } from '../attention/case.js';
import type { BenchmarkEvent } from '../attention/run.js';
import type { CaseResult } from '../report/result.js';
import { duration, milliseconds, threeDigits } from './format.js';
import { openLine } from './line.js';

/** Shows events; `close` leaves the terminal as it was. */
export interface Progress {
  event(event: BenchmarkEvent): void;
  close(): void;
}

const BAR = 20;

/** Progress on stderr, so that stdout holds the results alone. */
export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const { say, draw, close } = openLine(stream);
  return {
    event: (event) => {
      if (event.kind === 'warning') say(`warning: ${event.message}`);
      else if (event.kind === 'rate')
        say(`${event.engine}: ${threeDigits(event.gigaflops)} GFLOP/s in a large product`);
      else if (event.kind === 'check')
        say(`${event.engine}: candidates within ${event.difference.toExponential(0)} of the float64 reference`);
      else if (event.kind === 'case')
        say(`${String(event.cell).padStart(String(event.cells).length)}/${event.cells}  ${caseLine(event.result)}`);
      else draw(progressLine(event));
    },
    close,
  };
}

/** `███░░░  12/48  onnxruntime cpu: sum, 2 sides, length 50, batch 128  round 4  about 8:20 left` */
function progressLine({ cell, cells, title, round, left }: Extract<BenchmarkEvent, { kind: 'round' }>): string {
  const full = Math.round(((cell - 1) / cells) * BAR);
  const bar = `${'█'.repeat(full)}${'░'.repeat(BAR - full)}`;
  return `${bar}  ${cell}/${cells}  ${title}  ${round === 0 ? 'preparing' : `round ${round}`}  about ${duration(left)} left`;
}

/** `onnxruntime cpu: sum, 2 sides, length 50, batch 128: plain 12.1, unfused 24.3, fused 18.0 ms (10 rounds)` */
function caseLine(result: CaseResult): string {
  const title = `${engineTitle(result)}: ${caseTitle(result.case)}`;
  if (result.skipped !== null) return `${title}: not measured, ${result.skipped}`;
  const times = result.candidates.map(({ name, milliseconds: own, problem }) =>
    own === null ? `${name} ${problem === null ? 'not measured' : 'FAILED'}` : `${name} ${milliseconds(own.median)}`,
  );
  return `${title}: ${times.join(', ')} ms (${result.rounds} ${result.rounds === 1 ? 'round' : 'rounds'})`;
}
