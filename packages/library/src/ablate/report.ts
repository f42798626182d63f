// The report of an ablation: a table for each study, in the form of the paper's.
import { METRIC_KINDS } from '@difsr/metrics';
import type { Protocol } from '@difsr/training';
import type { Block, Document } from '../page/document.js';
import { SEEDS_FOR_AN_ORDER, type GroupSummary, type SystemSummary } from '../compare/report/summary.js';
import type { RunRecord } from '../compare/types.js';
import type { OverSeeds } from '../jobs/over-seeds.js';
import type { DataFacts } from '../jobs/types.js';
import { WHOLE_LABEL, type Study } from './studies.js';

/** What a report is written from. */
export interface AblationInput {
  readonly data: DataFacts;
  readonly studies: readonly Study[];
  /** The system of each variant of each study. */
  readonly labels: readonly (readonly string[])[];
  readonly groups: readonly GroupSummary[];
  readonly records: readonly RunRecord[];
  readonly seeds: readonly number[];
}

const PROTOCOLS: readonly Protocol[] = ['unmasked', 'masked'];
const SHOWN = ['recall@10', 'recall@20', 'ndcg@10', 'ndcg@20'];

/** The report. */
export function ablationReport({ data, studies, labels, groups, records, seeds }: AblationInput): Document {
  return {
    title: `Ablation of DIF-SR on ${data.label}`,
    blocks: [
      {
        kind: 'paragraph',
        text: `${whole(data.users)} users, ${whole(data.items)} items, ${whole(data.interactions)} interactions; ${data.sides.join(', ') || 'no side information'}. ${seeds.length === 1 ? 'Seed' : 'Seeds'} ${seeds.join(', ')}${seeds.length === 1 ? '' : '; ± is half a 95 % t-interval over seeds'}. ${
          seeds.length < SEEDS_FOR_AN_ORDER
            ? `With fewer than ${SEEDS_FOR_AN_ORDER} seeds no order is claimed.`
            : 'Differences within the intervals are none.'
        } Every variant has the steps of every other in an epoch, and each was trained in a process of its own, whose peak of memory is shown. ${
          groups.some(({ systems }) => systems.some(({ converged }) => !converged))
            ? 'A variant is marked "*" where a run had not converged: it did not stop early, and its best epoch is among the last tenth; more epochs may change its place.'
            : ''
        }`.trimEnd(),
      },
      ...studies.flatMap((study, i) => studyBlocks(study, labels[i] ?? [], { groups, records })),
    ],
  };
}

function studyBlocks(
  { title, about, variants }: Study,
  labels: readonly string[],
  { groups, records }: Pick<AblationInput, 'groups' | 'records'>,
): Block[] {
  return [
    { kind: 'heading', level: 2, text: title },
    { kind: 'paragraph', text: `${about[0]?.toUpperCase() ?? ''}${about.slice(1)}.` },
    ...PROTOCOLS.flatMap((protocol): Block[] => {
      const group = groups.find((own) => own.protocol === protocol);
      if (group === undefined) return [];
      const metrics = SHOWN.filter((name) => group.systems.some((system) => name in system.metrics));
      const rows = variants.map(({ title: variant }, i): string[] => {
        const label = labels[i] ?? '';
        const system = group.systems.find(({ model }) => model === label);
        const own = records.filter(({ model }) => model === label);
        const name = `${variant}${label === WHOLE_LABEL ? ' (as it is)' : ''}${system?.converged === false ? ' *' : ''}`;
        if (system === undefined) return [name, ...metrics.map(() => 'failed'), '', '', ''];
        return [name, ...metrics.map((metric) => value(system, metric)), ...costs(system, own)];
      });
      return [
        { kind: 'heading', level: 3, text: protocol },
        { kind: 'table', rows: [['', ...metrics.map(heading), 'parameters', 's / epoch', 'peak MB'], ...rows] },
      ];
    }),
  ];
}

function whole(value: number): string {
  return value.toLocaleString('en-US');
}

function heading(metric: string): string {
  const kind = METRIC_KINDS.find((each) => metric.startsWith(`${each}@`)) ?? metric;
  return `${kind === 'ndcg' ? 'NDCG' : `${kind[0]?.toUpperCase() ?? ''}${kind.slice(1)}`}${metric.slice(kind.length)}`;
}

function value({ metrics }: SystemSummary, metric: string): string {
  const found: OverSeeds | undefined = metrics[metric];
  if (found === undefined) return '';
  return found.margin === null ? found.mean.toFixed(4) : `${found.mean.toFixed(4)} ± ${found.margin.toFixed(4)}`;
}

function costs({ parameters }: SystemSummary, records: readonly RunRecord[]): string[] {
  const times = records.map((record) => record.times);
  const middle = times.map(({ secondsPerEpoch }) => secondsPerEpoch).sort((a, b) => a - b)[times.length >> 1];
  const peak = Math.max(...times.map(({ peakMemoryBytes }) => peakMemoryBytes));
  return [
    whole(parameters),
    middle === undefined ? '' : middle.toFixed(middle < 10 ? 2 : 1),
    times.length === 0 ? '' : String(Math.round(peak / 1e6)),
  ];
}
