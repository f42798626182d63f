// Candidates of createDifAttention, the door that users come through: the definition and its fused rewrite, with and
// without side sources, and with their attributes tabulated. All go the same way through the same code.
import { createDifAttention, type DifAttention, type DifAttentionConfig } from '@difsr/attention';
import { operations } from '../measure/arithmetic.js';
import { tabulatedOperations } from './arithmetic.js';
import type { Candidate, CandidateName, Plan } from './candidate.js';
import type { Case, CaseData } from './case.js';
import { definitionGraph, plainGraph, sizesOf } from './traced.js';

/** What runs the kernels. */
export type KernelPlace = Required<Pick<DifAttentionConfig, 'backend' | 'device'>> &
  Pick<DifAttentionConfig, 'threads'>;

/** Plans of the kernels of a case on one backend and device. */
export function kernelPlans(place: KernelPlace, own: Case, data: CaseData): Plan[] {
  const plan = (name: CandidateName, make: (name: CandidateName) => Promise<Candidate>): Plan => ({
    name,
    prepare: () => make(name),
  });
  const plain = operations(plainGraph(own).graph, sizesOf(own));
  const count = operations(definitionGraph(own).graph, sizesOf(own));
  const fused = { ...place, kernel: 'fused' } as const;
  const unfused = { ...place, kernel: 'unfused' } as const;
  const plans = [
    plan('plain', (name) => vectorsIn(name, { ...plainConfig(own), ...unfused }, own, data, plain)),
    plan('plain-fused', (name) => vectorsIn(name, { ...plainConfig(own), ...fused }, own, data, plain)),
  ];
  if (own.sides === 0 && !own.position) return plans; // without sources of its own, DIF attention is plain attention
  plans.push(
    plan('unfused', (name) => vectorsIn(name, { ...difConfig(own), ...unfused }, own, data, count)),
    plan('fused', (name) => vectorsIn(name, { ...difConfig(own), ...fused }, own, data, count)),
  );
  const tabulated = count - tabulatedOperations(own);
  if (own.sides > 0)
    plans.push(plan('tabulated', (name) => idsIn(name, { ...difConfig(own), ...fused }, own, data, tabulated)));
  return plans;
}

/** Name of a side source: that of its weights. */
const sideName = (index: number): string => `side${index}`;

function plainConfig({ width, heads, length }: Case): DifAttentionConfig {
  return { width, heads, maxLength: length };
}

function difConfig(own: Case): DifAttentionConfig {
  const { sides, sideWidth, width, position, fusion } = own;
  return {
    ...plainConfig(own),
    fusion,
    sides: Array.from({ length: sides }, (_, j) => ({ name: sideName(j), width: sideWidth })),
    ...(position ? { position: width } : {}),
  };
}

/** An attention with the weights of the case; a plain one has part of them. */
async function open(config: DifAttentionConfig, data: CaseData): Promise<DifAttention> {
  const plain = (config.sides ?? []).length === 0 && config.position === undefined;
  const weights = Object.entries(data.weights)
    .filter(([name]) => !plain || /^(query|key|value|output)\.(weight|bias)$/.test(name))
    .map(([name, { data: values }]) => [name, Float32Array.from(values)] as const);
  return createDifAttention(config, { weights: Object.fromEntries(weights) });
}

async function vectorsIn(
  name: CandidateName,
  config: DifAttentionConfig,
  { batch, length }: Case,
  data: CaseData,
  count: number,
): Promise<Candidate> {
  const attention = await open(config, data);
  const inputs = {
    batch,
    length,
    item: data.item,
    sides: Object.fromEntries((config.sides ?? []).map((side, j) => [side.name, data.sides[j] ?? new Float32Array()])),
    ...(config.position === undefined || data.position === undefined ? {} : { position: data.position }),
    ...(data.valid === undefined ? {} : { valid: data.valid }),
  };
  return { name, operations: count, run: () => attention.forward(inputs), dispose: () => attention.dispose() };
}

async function idsIn(
  name: CandidateName,
  config: DifAttentionConfig,
  { batch, length }: Case,
  data: CaseData,
  count: number,
): Promise<Candidate> {
  const attention = await open(config, data);
  const serving = await attention.tabulate({
    sides: Object.fromEntries((config.sides ?? []).map((side, j) => [side.name, data.tables[j] ?? new Float32Array()])),
    ...(data.position === undefined ? {} : { position: data.position }),
  });
  const { item, ids: items, valid } = data;
  const inputs = { batch, length, item, items, ...(valid === undefined ? {} : { valid }) };
  return {
    name,
    operations: count,
    run: () => serving.forward(inputs),
    dispose: async () => {
      await serving.dispose();
      await attention.dispose();
    },
  };
}
