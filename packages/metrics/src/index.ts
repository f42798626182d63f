// Ranking metrics. Pure functions of ranks, hits or scores: nothing here knows a model, a backend or a file.
export { BeyondAccumulator, type BeyondOptions, type BeyondValues, type ItemValues, meanCount } from './beyond.js';
export { MetricsError, NonFiniteScoreError } from './errors.js';
export { type MeanInterval, meanInterval } from './interval.js';
export { METRIC_KINDS, type MetricKind, type MetricName, type MetricValues, parseMetricName } from './names.js';
export { MetricsAccumulator, MISS, rankingMetrics, userMetrics } from './one-target.js';
export { holm, pairedTest, type PairedTest } from './paired.js';
export { rankItems, type RankOptions, type Scores, targetRank } from './ranking.js';
export { studentP } from './student.js';
export { type TopkHits, topkMetrics, type TopkMetrics } from './several-targets.js';
