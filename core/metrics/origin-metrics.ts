import type { OriginFigures } from "../origins/figures.js";
import type { OriginState } from "../origins/health.js";
import { byLabel, counter, gauge, histogram, type Metric, type Sample, single } from "./metric.js";
import type { MetricSources, ScanFigures } from "./sources.js";

const STATES: readonly OriginState[] = ["connected", "degraded", "disconnected", "auth"];

/** The origins, what was read of them, and their scans. */
export function originMetrics({ status, origins, scans }: MetricSources): Metric[] {
  const ofOrigins = (of: (figures: OriginFigures) => number) => (): Sample[] =>
    byLabel(
      "origin",
      [...origins].map(([id, { figures }]) => [id, of(figures)] as const),
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
    counter(
      "musicfs_origin_retries_total",
      "Requests that were made once more.",
      ofOrigins(({ retries }) => retries),
    ),
    counter(
      "musicfs_origin_failovers_total",
      "Reads that another origin answered in its stead.",
      ofOrigins(({ failovers }) => failovers),
    ),
    counter(
      "musicfs_origin_hedges_total",
      "Reads of it in which another origin was asked, too, since it took long.",
      ofOrigins(({ hedges }) => hedges),
    ),
    counter(
      "musicfs_origin_wrong_pieces_total",
      "Pieces of it that were not what their hash says.",
      ofOrigins(({ wrongPieces }) => wrongPieces),
    ),
    gauge("musicfs_origin_state", "How the origin is: 1 for the state that it is in.", () =>
      [...origins].flatMap(([origin, { health }]) =>
        STATES.map((state) => ({ value: health.state === state ? 1 : 0, labels: { origin, state } })),
      ),
    ),
    histogram("musicfs_origin_read_duration_seconds", "How long reads of the origin took.", "origin", () =>
      Object.fromEntries([...origins].map(([id, { figures }]) => [id, figures.latency])),
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
