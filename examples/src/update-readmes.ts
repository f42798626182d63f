// Writes what is generated in READMEs (and the guide): the changes of the two examples and the
// results of their training, which move from examples/runs/ to examples/results/ by the way. A test checks that nothing is out of
// date. `node examples/dist/update-readmes.js`
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { changeOf, EXAMPLES } from './shared/diff.js';
import { readResults, resultsFile, resultsTable, writeResults } from './shared/results.js';

const DATASET = 'ml-100k';

/** The files with generated parts. */
export const READMES: readonly string[] = [
  '../README.md',
  '../../packages/attention/README.md',
  '../../docs/guide/drop-in.md',
].map((file) => fileURLToPath(new URL(file, import.meta.url)));

/** The parts, by the name in their markers: `<!-- generated: NAME -->` .. `<!-- end -->`. */
function parts(): ReadonlyMap<string, string> {
  const diffs = EXAMPLES.map((example) => {
    const { diff, lines } = changeOf(example);
    return [`diff ${example}`, `${lines} changed lines:\n\n\`\`\`diff\n${diff}\n\`\`\``] as const;
  });
  const results = readResults(resultsFile(DATASET, 'results'));
  const table =
    results === undefined ? 'Not run yet: `node examples/dist/convergence.js`.' : resultsTable(results.runs);
  return new Map<string, string>([...diffs, ['results', table]]);
}

/** A README with all its generated parts as they should be. */
export function updated(readme: string): string {
  let text = readme;
  for (const [name, content] of parts()) {
    const marked = new RegExp(`(<!-- generated: ${name} -->\n)[\\s\\S]*?(<!-- end -->)`);
    text = text.replace(marked, (_, start: string, end: string) => `${start}\n${content}\n\n${end}`);
  }
  return text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const collected = readResults(resultsFile(DATASET, 'runs'));
  if (collected !== undefined) writeResults(resultsFile(DATASET, 'results'), collected);
  for (const file of READMES) {
    writeFileSync(file, updated(readFileSync(file, 'utf8')));
  }
}
