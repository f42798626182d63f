// Names that come from a server, an archive or a description: only those that stay inside the folder are used.

/**
 * The parts of a relative path, or why it is not allowed. Refused are absolute paths, drives, "..", backslashes and control characters: what is a
 * file name on one system leaves the folder on another.
 *
 * @example
 * safeParts('ml-1m/./ratings.dat'); // ['ml-1m', 'ratings.dat']
 * safeParts('../.bashrc'); // 'leads out of the folder'
 */
export function safeParts(name: string): string[] | string {
  // oxlint-disable-next-line no-control-regex -- NUL and its like are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'holds control characters';
  if (name.includes('\\')) return 'holds a backslash, which is a folder on Windows';
  if (name.startsWith('/')) return 'is an absolute path';
  if (/^[A-Za-z]:/.test(name)) return 'names a drive';
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) return 'leads out of the folder';
  return parts.length === 0 ? 'is empty' : parts;
}

/** What two names share on a file system that knows no case and composes accents. */
export function foldedName(parts: readonly string[]): string {
  return parts.join('/').normalize('NFC').toLowerCase();
}
