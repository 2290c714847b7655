import type { Status } from "../control/status.js";
import { byLabel, counter, gauge, histogram, type Metric, type Sample, single } from "./metric.js";
import type { MetricSources } from "./sources.js";

/** The instance, its library, and what the kernel asks of it. */
export function mountMetrics({ status, statistics, latencies }: MetricSources): Metric[] {
  const number = (of: (status: Status) => number) => (): Sample[] => single(of(status()));
  const info = (): Sample[] => {
    const { version, driver, name } = status();
    return [{ value: 1, labels: { version, driver, name } }];
  };
  return [
    gauge("musicfs_info", "1, with what the instance is as labels.", info),
    gauge(
      "musicfs_uptime_seconds",
      "Since the tree answered.",
      number(({ uptimeMs }) => uptimeMs / 1000),
    ),
    gauge(
      "musicfs_library_tracks",
      "Tracks in the tree.",
      number(({ tracks }) => tracks),
    ),
    gauge(
      "musicfs_library_directories",
      "Folders in the tree.",
      number(({ directories }) => directories),
    ),
    gauge(
      "musicfs_library_bytes",
      "Bytes of all tracks.",
      number(({ bytes }) => bytes),
    ),
    counter("musicfs_fuse_requests_total", "Requests of the kernel, by operation.", () =>
      byLabel("operation", Object.entries(statistics().requests)),
    ),
    histogram(
      "musicfs_fuse_request_duration_seconds",
      "How long answers took, of one request in sixteen and of all that waited for the main thread.",
      "operation",
      latencies,
    ),
    gauge("musicfs_fuse_open_files", "Files that are open.", () => single(statistics().openFiles)),
    counter("musicfs_fuse_copied_bytes_total", "Bytes that were copied to readers.", () =>
      single(statistics().copiedBytes),
    ),
    counter(
      "musicfs_fuse_passthrough_bytes_total",
      "Bytes of the files whose reads pass through to the kernel, at each open.",
      () => single(statistics().passthroughBytes),
    ),
    counter("musicfs_fuse_passthrough_opens_total", "Opens that pass through.", () =>
      single(statistics().passthroughOpens),
    ),
    counter("musicfs_fuse_passthrough_failures_total", "Opens that should pass through, and could not.", () =>
      single(statistics().passthroughFailures),
    ),
  ];
}
