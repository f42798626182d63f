// The conformance suite for backends, free of any test framework: `@difsr/graph/conformance`.
export { conformanceCases, type ConformanceCase, type Tolerance } from './cases.js';
export { contractChecks, type ContractCheck } from './contract.js';
export { emptyCases, exactCases } from './exact.js';
export { runCase, skipReason, type CaseResult, type Skips } from './run.js';
