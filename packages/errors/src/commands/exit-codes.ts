// Exit codes as a help lists them.

/** A line per exit code, for `--help`. */
export function exitCodeLines<Name extends string>(
  codes: Readonly<Record<Name, number>>,
  meanings: Readonly<Record<NoInfer<Name>, string>>,
): string[] {
  const told = new Map(Object.entries<string>(meanings));
  return Object.entries<number>(codes).map(([name, code]) => `  ${String(code).padStart(3)}  ${told.get(name) ?? ''}`);
}
