// `pnpm soak [recommender|repetition] [options]`: what needs many repetitions to show itself; all of it where nothing is named. Build first.
// `recommender` keeps many callers at one recommender, its options stand in scripts/soak/recommender.mjs; `repetition` trains on real data 20
// times and needs ../shared/data. Both take minutes.
import { ROOT } from './bootstrap.mjs';
import { run, step } from './steps.mjs';

/** @type {Readonly<Record<string, (args: readonly string[]) => Promise<unknown>>>} */
const SOAKS = {
  recommender: (args) =>
    run(process.execPath, ['--expose-gc', 'scripts/soak/recommender.mjs', ...args], { cwd: ROOT, live: true }),
  repetition: () => run(process.execPath, ['scripts/soak/repetition.mjs'], { cwd: ROOT, live: true }),
};

const [first = '', ...others] = process.argv.slice(2);
const named = Object.hasOwn(SOAKS, first);
if (first !== '' && !named && !first.startsWith('-')) {
  console.error(`there is no soak "${first}"; there are ${Object.keys(SOAKS).join(', ')}`);
  process.exit(2);
}
try {
  for (const name of named ? [first] : Object.keys(SOAKS))
    await step(name, async () => {
      await SOAKS[name]?.(named ? others : process.argv.slice(2));
    });
} catch {
  process.exitCode = 1; // the failing step has printed its output
}
