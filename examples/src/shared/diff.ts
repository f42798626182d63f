// The change from a plain model to one with side information, as git shows it, and how many lines it touches.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The examples that exist before and after. */
export const EXAMPLES = ['sasrec', 'bert4rec'] as const;

/** A unified diff of `before.ts` and `after.ts`, and its added and removed lines together. */
export interface Change {
  readonly diff: string;
  readonly lines: number;
}

/** What `git diff --no-index` says of an example. */
export function changeOf(example: (typeof EXAMPLES)[number]): Change {
  const folder = fileURLToPath(new URL(`../../src/${example}`, import.meta.url));
  const git = (...options: string[]): string => {
    try {
      return execFileSync(
        'git',
        ['diff', '--no-index', '--no-color', '--no-ext-diff', ...options, 'before.ts', 'after.ts'],
        {
          cwd: folder,
          encoding: 'utf8',
        },
      );
    } catch (error) {
      // git ends with 1 where files differ.
      if (error instanceof Error && 'status' in error && error.status === 1 && 'stdout' in error)
        return String(error.stdout);
      throw error;
    }
  };
  const [added, removed] = git('--numstat').split('\t').map(Number);
  const hunks = git('--unified=1')
    .split('\n')
    .filter((line) => !/^(diff|index|---|\+\+\+) /.test(line));
  const diff = hunks
    .map((line) => line.replace(/^@@ .*? @@.*$/, '@@'))
    .join('\n')
    .trimEnd();
  return { diff, lines: (added ?? NaN) + (removed ?? NaN) };
}
