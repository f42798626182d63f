// How a run's events become output: a bar on a terminal, plain lines elsewhere, JSON lines for programs.
import { say } from '@difsr/errors';
import type { EpochRecord, TrainingEvent } from '@difsr/training';
import { createLogUpdate } from 'log-update';
import { initialWeightsText } from './initial-weights.js';
import { duration, metric, metricTitle, seconds, whole } from './table.js';
import type { Terminal } from './terminal.js';
import { typed } from '../typed.js';

/** Shows events; `close` leaves the terminal as it was. */
export interface Progress {
  event(event: TrainingEvent): void;
  close(): void;
}

/** Milliseconds between two drawings of the bar, and between two lines within an epoch where there is no bar. */
const REDRAW = 100;
const LINE_EVERY = 30_000;
const BAR_WIDTH = 20;

/** What the lines of one run share. */
interface Context {
  readonly terminal: Terminal;
  /** Whether losses are shown (default true); those of different models cannot be compared. */
  readonly losses?: boolean;
}

/** The progress that fits a terminal. */
export function createProgress(context: Context): Progress {
  if (context.terminal.json) return { event: (event) => context.terminal.value(event), close: () => undefined };
  return context.terminal.interactive ? barProgress(context) : lineProgress(context);
}

function barProgress(context: Context): Progress {
  const { terminal } = context;
  // The hidden cursor would stay hidden when the process is killed.
  const draw = createLogUpdate(process.stdout, { showCursor: true });
  const lines = new EpochLines(context);
  let drawn = 0;
  let bar = '';
  const redraw = (text: string, force = false): void => {
    bar = text;
    if (!force && performance.now() - drawn < REDRAW) return;
    drawn = performance.now();
    draw(bar.slice(0, Math.max(20, terminal.columns - 1)));
  };
  const persist = (text: string): void => {
    draw.clear();
    terminal.line(text);
  };
  return {
    event: (event) => {
      if (event.kind === 'step') redraw(lines.step(event));
      else if (event.kind === 'evaluation') redraw(lines.evaluation(event));
      else if (event.kind === 'teacher') redraw(lines.teacher(event));
      else if (event.kind === 'warning') {
        draw.clear();
        terminal.warn(say(event.text, typed));
      } else {
        const text = lines.of(event);
        if (text !== undefined) persist(text);
      }
    },
    close: () => {
      draw.clear();
      draw.done();
    },
  };
}

function lineProgress(context: Context): Progress {
  const { terminal } = context;
  const lines = new EpochLines(context);
  let last = performance.now();
  return {
    event: (event) => {
      if (event.kind === 'warning') return terminal.warn(say(event.text, typed));
      const now = performance.now();
      if (event.kind === 'step') {
        // Long epochs still show a sign of life in a log file.
        if (now - last < LINE_EVERY) return undefined;
        last = now;
        return terminal.line(`  ${lines.step(event)}`);
      }
      const text = lines.of(event);
      if (text === undefined) return undefined;
      last = now;
      return terminal.line(text);
    },
    close: () => undefined,
  };
}

type Of<Kind extends TrainingEvent['kind']> = Extract<TrainingEvent, { kind: Kind }>;

/** The text of events. */
class EpochLines {
  readonly #terminal: Terminal;
  readonly #losses: boolean;
  #epochs = 0;
  #metric = '';
  #best = '';
  #over = false;
  #counted = false;

  constructor({ terminal, losses = true }: Context) {
    this.#terminal = terminal;
    this.#losses = losses;
  }

  #loss(value: number): string {
    return this.#losses ? `  loss ${value.toFixed(3)}` : '';
  }

  step({ epoch, step, steps, loss, positionsPerSecond, secondsLeft }: Of<'step'>): string {
    const share = step / steps;
    return `epoch ${epoch}/${this.#epochs}  ${bar(share)}  ${percent(share)}${this.#loss(loss)}  ${whole(positionsPerSecond)} positions/s  ${duration(secondsLeft)} left${this.#best}`;
  }

  evaluation({ split, done, total }: Of<'evaluation'>): string {
    return `${split === 'valid' ? 'validation' : 'test'}  ${bar(done / total)}  ${percent(done / total)}  ${whole(done)} of ${whole(total)} targets`;
  }

  teacher({ run, teacher, teachers, done, total }: Of<'teacher'>): string {
    return `learning from ${run} (${teacher} of ${teachers})  ${bar(done / total)}  ${percent(done / total)}`;
  }

  /** The line of an event that stays; undefined where there is none. */
  of(event: TrainingEvent): string | undefined {
    if (event.kind === 'start') return this.#start(event);
    if (event.kind === 'stage')
      return `stage ${event.stage} of ${event.stages}: ${event.name}${event.stage < event.stages ? `, pre-training of ${event.epochs} epoch${event.epochs === 1 ? '' : 's'} (pretraining.epochs; --epochs is of the next stage)` : ''}`;
    if (event.kind === 'initial-weights') return initialWeightsText(event);
    if (event.kind === 'epoch') return this.#epoch(event.record, event.best);
    if (event.kind === 'end' && event.reason === 'early-stopping' && !this.#over)
      return `stopped early after epoch ${event.epoch} of ${this.#epochs}: no epoch after ${event.best} was better (training.earlyStopping.patience is ${event.epoch - event.best})`;
    return undefined;
  }

  #start({
    run,
    model,
    backend,
    device,
    parameters,
    users,
    targets,
    targetsPerStep,
    stepsPerEpoch,
    epochs,
    metric: name,
    over,
    resumedAt,
    counted,
  }: Of<'start'>): string {
    this.#epochs = epochs;
    this.#metric = name;
    this.#over = over !== undefined;
    this.#counted = counted !== undefined;
    const title = this.#terminal.style('bold', model);
    if (counted !== undefined)
      return `${title}: counted in ${whole(counted)} training interactions of ${whole(users)} users, nothing is trained and no option of training matters; ranked on ${backend} (${device}); run ${run}${over === undefined ? '' : '; it is counted already: there is nothing to go on with'}`;
    const ends = { finished: '; all epochs are done', 'early-stopping': '; training is over, it stopped early' };
    const where =
      over !== undefined
        ? ends[over]
        : resumedAt === undefined
          ? ''
          : `; goes on at epoch ${resumedAt.epoch}, step ${resumedAt.step}`;
    const step =
      targetsPerStep === targets && stepsPerEpoch === 1
        ? ` of ${whole(targets)} targets, all there are (training.targetsPerStep asks for no fewer)`
        : '';
    return `${title}: ${whole(parameters)} parameters on ${backend} (${device}); ${whole(users)} users, ${whole(targets)} targets, ${whole(stepsPerEpoch)} step${stepsPerEpoch === 1 ? '' : 's'} an epoch${step}; run ${run}${where}`;
  }

  #epoch(record: EpochRecord, best: boolean): string {
    const { epoch, losses, valid, seconds: trained, evaluationSeconds, positionsPerSecond } = record;
    // A run that goes by its training loss ranks nothing after an epoch.
    const ranked = this.#metric in valid;
    const watched = ranked ? `valid ${metricTitle(this.#metric)} ${metric(valid[this.#metric])}` : 'lowest loss';
    if (this.#counted) return `counted in ${seconds(trained)}  ${watched}  ${seconds(evaluationSeconds)} validation`;
    if (best) this.#best = `   ${watched} (best, epoch ${epoch})`;
    const time = ranked ? `${seconds(trained)} + ${seconds(evaluationSeconds)} validation` : seconds(trained);
    const text = `epoch ${String(epoch).padStart(String(this.#epochs).length)}/${this.#epochs}${this.#loss(losses['loss'] ?? Number.NaN)}${ranked ? `  ${watched}` : ''}  ${time}  ${whole(positionsPerSecond)} positions/s`;
    return best ? `${text}  ${this.#terminal.style('green', '* best')}` : text;
  }
}

/** `██████░░░░` */
export function bar(share: number): string {
  const full = Math.max(0, Math.min(BAR_WIDTH, Math.round(share * BAR_WIDTH)));
  return '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
}

function percent(share: number): string {
  return `${String(Math.floor(share * 100)).padStart(3)} %`;
}
