import type { IntervalHistogram } from "node:perf_hooks";
import { counter, gauge, type Metric, type Sample, single } from "./metric.js";

const NANOSECONDS = 1e9;
const QUANTILES = [50, 99, 99.9];

/**
 * The process itself.
 *
 * @param eventLoop how late its event loop was, in nanoseconds; begins anew each time it was read.
 */
export function processMetrics(eventLoop: IntervalHistogram): Metric[] {
  const delays = (): Sample[] => {
    const samples = [
      ...QUANTILES.map((quantile) => ({
        labels: { quantile: String(quantile / 100) },
        value: eventLoop.percentile(quantile) / NANOSECONDS,
      })),
      { labels: { quantile: "1" }, value: eventLoop.max / NANOSECONDS },
    ];
    eventLoop.reset();
    return samples;
  };
  return [
    gauge(
      "musicfs_event_loop_delay_seconds",
      "How late the event loop was since these were last read, by quantile; 1 is the most.",
      delays,
    ),
    gauge("process_resident_memory_bytes", "Memory that the process holds.", () =>
      single(process.memoryUsage.rss()),
    ),
    gauge("nodejs_heap_used_bytes", "JavaScript's part of it that is in use.", () =>
      single(process.memoryUsage().heapUsed),
    ),
    counter("process_cpu_seconds_total", "Processor time of the process.", () => {
      const { user, system } = process.cpuUsage();
      return single((user + system) / 1e6);
    }),
    gauge("process_start_time_seconds", "When it started, since 1970.", () =>
      single((Date.now() - process.uptime() * 1000) / 1000),
    ),
  ];
}
