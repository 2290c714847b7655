import { byLabel, counter, gauge, histogram, type Metric, type Sample, single } from "./metric.js";
import type { OriginFigures } from "./origin-reads.js";
import type { MetricSources, ScanFigures } from "./sources.js";

/** The origins, what was read of them, and their scans. */
export function originMetrics({ status, origins, scans }: MetricSources): Metric[] {
  const ofOrigins = (of: (figures: OriginFigures) => number) => (): Sample[] =>
    byLabel(
      "origin",
      [...origins.figures].map(([id, figures]) => [id, of(figures)] as const),
    );
  const ofScans = (of: (figures: ScanFigures) => number) => (): Sample[] =>
    byLabel(
      "origin",
      [...scans].map(([id, figures]) => [id, of(figures)] as const),
    );
  const scan = () => status().scan;
  return [
    gauge("musicfs_origin_up", "Whether the last look at the origin went well.", () =>
      byLabel(
        "origin",
        status().origins.map(({ id, error }) => [id, error === undefined ? 1 : 0] as const),
      ),
    ),
    gauge("musicfs_origin_files", "Files of the origin.", () =>
      byLabel(
        "origin",
        status().origins.map(({ id, files }) => [id, files] as const),
      ),
    ),
    counter(
      "musicfs_origin_read_bytes_total",
      "Bytes that the origin gave.",
      ofOrigins(({ bytes }) => bytes),
    ),
    counter(
      "musicfs_origin_read_errors_total",
      "Reads of the origin that failed.",
      ofOrigins(({ errors }) => errors),
    ),
    histogram("musicfs_origin_read_duration_seconds", "How long reads of the origin took.", "origin", () =>
      Object.fromEntries([...origins.figures].map(([id, { latency }]) => [id, latency])),
    ),
    gauge("musicfs_scan_running", "Whether a scan runs.", () => single(scan().state === "running" ? 1 : 0)),
    gauge("musicfs_scan_files_done", "Files of this scan that are done.", () => single(scan().done)),
    gauge("musicfs_scan_files_total", "Files of this scan, as far as they are listed.", () =>
      single(scan().total),
    ),
    gauge("musicfs_scan_problem_files", "Files whose tags could not be read.", () => single(scan().skipped)),
    counter(
      "musicfs_scans_total",
      "Scans that ended.",
      ofScans(({ completed, failed }) => completed + failed),
    ),
    counter(
      "musicfs_scan_failures_total",
      "Scans that could not list their origin to the end.",
      ofScans(({ failed }) => failed),
    ),
    gauge(
      "musicfs_scan_duration_seconds",
      "How long the last scan took.",
      ofScans(({ last }) => last.durationMs / 1000),
    ),
  ];
}
