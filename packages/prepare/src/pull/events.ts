// What a download tells while it runs.

/** An event of a download. */
export type PullEvent =
  /** Work on a file begins. `received`: bytes that an earlier try left. */
  | {
      readonly kind: 'file';
      readonly file: string;
      readonly url: string;
      readonly index: number;
      readonly files: number;
      readonly received: number;
    }
  /** Bytes arrived. `total` and `secondsLeft` are absent where the server does not say how many there are. */
  | {
      readonly kind: 'bytes';
      readonly file: string;
      readonly received: number;
      readonly total?: number;
      /** Over the last seconds. */
      readonly bytesPerSecond: number;
      readonly secondsLeft?: number;
    }
  /** The connection broke; the next try begins after `wait` milliseconds. */
  | { readonly kind: 'retry'; readonly file: string; readonly reason: string; readonly wait: number }
  /** The file is read again for its checksum. */
  | { readonly kind: 'verify'; readonly file: string }
  | { readonly kind: 'unpack'; readonly file: string; readonly member: string }
  | { readonly kind: 'done'; readonly file: string; readonly bytes: number; readonly sha256: string };

/** Receives {@link PullEvent}s, one per piece that arrives: draw less often. */
export type PullProgress = (event: PullEvent) => void;

const WINDOW = 5000;

/** The speed over the last seconds. */
export class Speed {
  readonly #samples: (readonly [at: number, bytes: number])[] = [];
  #sum = 0;

  /** Counts bytes; gives bytes per second. */
  add(bytes: number, now: number = performance.now()): number {
    this.#samples.push([now, bytes]);
    this.#sum += bytes;
    while (this.#samples.length > 1 && now - (this.#samples[0]?.[0] ?? now) > WINDOW)
      this.#sum -= this.#samples.shift()?.[1] ?? 0;
    const [first] = this.#samples;
    const span = now - (first?.[0] ?? now);
    // The first piece came before its window began.
    return span <= 0 ? 0 : ((this.#sum - (first?.[1] ?? 0)) / span) * 1000;
  }
}
