// The machine that a report was made on, and whether it was busy with other things.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly platform: string;
  readonly node: string;
  /** Version of this command. */
  readonly command: string;
}

/** This machine. */
export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    platform: `${process.platform}-${process.arch} ${release()}`,
    node: process.versions.node,
    command: `difsr-bench ${ownVersion()}`,
  };
}

/** Load averages over 1, 5 and 15 minutes; zeros on Windows, which has none. */
export function load(): number[] {
  return loadavg().map((value) => Math.round(value * 100) / 100);
}

/**
 * A warning where others used the machine. At the start any load is somebody else's; at the end our own share is one
 * process with at most `threads` busy threads.
 */
export function busyWarning(loads: readonly number[], cores: number, own: number): string | undefined {
  const [lastMinute = 0] = loads;
  const others = lastMinute - own;
  return others > 0.25 * cores
    ? `the machine is busy: load ${lastMinute.toFixed(2)} on ${cores} ${cores === 1 ? 'core' : 'cores'}${own > 0 ? `, of which this command made up to ${own}` : ''}; times will be too long, ratios less certain`
    : undefined;
}

/** `name version` of an installed package. */
export function packageVersion(name: string): string {
  const require = createRequire(import.meta.url);
  try {
    return `${name} ${versionIn(require.resolve(`${name}/package.json`))}`;
  } catch {
    return name; // its manifest is not among its exports: the name must do
  }
}

export function ownVersion(): string {
  return versionIn(new URL('../../package.json', import.meta.url));
}

function versionIn(manifest: string | URL): string {
  const value: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
  return typeof value === 'object' && value !== null && 'version' in value ? String(value.version) : 'unknown';
}
