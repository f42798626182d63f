// Results of a run by group, from the ranks that its last evaluation kept: nothing is computed anew.
// An index with `!` is in range by construction.
import { readRanks, RunError, type Protocol, type RankColumns } from '@difsr/training';
import { groupOf, groupTargets, LENGTHS, POPULARITIES, type RankedTarget } from './groups.js';
import type { Subject } from './subject.js';
import type { Available, GroupAnalysis } from './types.js';

/** Groups of the run's test targets, or of its validation targets where it has ranked no others. */
export async function resultsByGroup(
  { run, store, dataset }: Subject,
  protocol: Protocol,
): Promise<Available<GroupAnalysis>> {
  const ks = run.config.evaluation.ks;
  for (const part of ['test', 'valid'] as const) {
    let ranked: RankColumns;
    try {
      ranked = await readRanks(run.folder, protocol, part);
    } catch (error) {
      if (error instanceof RunError) return { unavailable: error.message };
      throw error;
    }
    if (ranked.ranks.length === 0) continue;
    const { begins, targets } = store.split[part];
    const items = await store.read(
      targets,
      Array.from(targets, () => 1),
    );
    // Rows are in the order of the data, and name their targets: what does not fit is of other data.
    const fits =
      targets.length === ranked.ranks.length &&
      ranked.targets.every((token, i) => token === dataset.items.tokens[items[i]!]);
    if (!fits)
      return {
        unavailable: `ranks.parquet of ${run.folder} is of other targets than the data has: evaluate the run again (difsr evaluate)`,
      };
    const { counts } = run.vocabulary;
    const all = ranked.ranks.map((rank, i): RankedTarget => ({
      rank,
      length: targets[i]! - begins[i]!,
      popularity: counts[items[i]!] ?? 0,
    }));
    return {
      part,
      protocol,
      all: groupOf('all', all, all.length, ks),
      length: groupTargets(all, ({ length }) => length, LENGTHS, ks),
      popularity: groupTargets(all, ({ popularity }) => popularity, POPULARITIES, ks).map((group) =>
        group.name === '0' ? { ...group, name: 'cold (0)' } : group,
      ),
    };
  }
  return { unavailable: 'the run has ranked no target' };
}
