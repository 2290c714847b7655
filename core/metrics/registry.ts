import { monitorEventLoopDelay } from "node:perf_hooks";
import { type Metric as PromMetric, Registry } from "prom-client";
import { cacheMetrics, searchMetrics } from "./content-metrics.js";
import type { Metric } from "./metric.js";
import { mountMetrics } from "./mount-metrics.js";
import { originMetrics } from "./origin-metrics.js";
import { processMetrics } from "./process-metrics.js";
import type { MetricSources } from "./sources.js";

/** How often the event loop is looked at, in milliseconds. */
const EVENT_LOOP_EVERY_MS = 50;

/** The metrics of an instance, ready to be read. */
export interface MetricRegistry {
  readonly metrics: readonly Metric[];
  /** The text format of Prometheus, version 0.0.4. */
  render(): Promise<string>;
  close(): void;
}

/** Makes the metrics of `sources`, and begins to watch the event loop. */
export function createMetricRegistry(sources: MetricSources): MetricRegistry {
  const { asked, forget } = askedOnce(sources);
  const eventLoop = monitorEventLoopDelay({ resolution: EVENT_LOOP_EVERY_MS });
  eventLoop.enable();
  const metrics = [
    ...mountMetrics(asked),
    ...originMetrics(asked),
    ...cacheMetrics(asked),
    ...searchMetrics(asked),
    ...processMetrics(eventLoop),
  ];
  const registry = new Registry();
  for (const metric of metrics) registry.registerMetric(asPromMetric(metric));
  const render = (): Promise<string> => {
    forget();
    return registry.metrics();
  };
  return { metrics, render, close: () => eventLoop.disable() };
}

// Many metrics are made of one answer, which costs more than a number.
function askedOnce(sources: MetricSources): { asked: MetricSources; forget: () => void } {
  const answers = new Map<unknown, unknown>();
  const once =
    <T>(ask: () => T) =>
    (): T => {
      if (!answers.has(ask)) answers.set(ask, ask());
      return answers.get(ask) as T;
    };
  const { status, statistics, latencies, storeStats } = sources;
  const asked = {
    ...sources,
    status: once(status),
    statistics: once(statistics),
    latencies: once(latencies),
    storeStats: once(storeStats),
  };
  return { asked, forget: () => answers.clear() };
}

// prom-client's own classes keep numbers of their own; ours are kept by the threads and parts that count, and
// are asked for when somebody reads them. A registry takes whatever has `name` and `get`.
function asPromMetric({ name, help, type, samples }: Metric): PromMetric {
  const get = async () => ({
    name,
    help,
    type,
    aggregator: "sum",
    values: samples().map(({ value, labels = {}, suffix }) => ({
      value,
      labels,
      ...(suffix === undefined ? {} : { metricName: `${name}${suffix}` }),
    })),
  });
  return { name, get } as unknown as PromMetric;
}
