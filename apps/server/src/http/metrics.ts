// What Prometheus reads.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Metrics of one server, in a registry of their own. */
export interface Metrics {
  readonly registry: Registry;
  readonly requests: Counter<'route' | 'method' | 'status'>;
  readonly seconds: Histogram<'route'>;
  readonly answers: Counter<'kind'>;
  readonly events: Counter<'outcome'>;
  readonly versions: Counter<'outcome'>;
  readonly current: Gauge<'version'>;
}

/** Makes them. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    requests: new Counter({
      name: 'difsr_http_requests_total',
      help: 'Requests by route, method and status',
      labelNames: ['route', 'method', 'status'],
      registers,
    }),
    seconds: new Histogram({
      name: 'difsr_http_request_seconds',
      help: 'Time to answer by route',
      labelNames: ['route'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    }),
    answers: new Counter({
      name: 'difsr_recommendations_total',
      help: 'Lists of recommendations: by the model, or popular items where nothing of a history was known',
      labelNames: ['kind'],
      registers,
    }),
    events: new Counter({
      name: 'difsr_events_total',
      help: 'Events: accepted, or duplicates of what the store had',
      labelNames: ['outcome'],
      registers,
    }),
    versions: new Counter({
      name: 'difsr_model_versions_total',
      help: 'Versions: swapped in, refused, or freed',
      labelNames: ['outcome'],
      registers,
    }),
    current: new Gauge({
      name: 'difsr_model_current',
      help: '1 for the version that answers',
      labelNames: ['version'],
      registers,
    }),
  };
}
