import type { Status } from "../control/status.js";
import type { ScanSummary } from "../hooks.js";
import type { LatencyHistogram, MountStatistics } from "../model/mount-driver.js";
import type { Search } from "../search/search.js";
import type { StoreStats } from "../store/store.js";
import type { OriginReads } from "./origin-reads.js";

/** What the metrics are made of. What is a function is asked once a reading. */
export interface MetricSources {
  status(): Status;
  statistics(): MountStatistics;
  latencies(): Readonly<Record<string, LatencyHistogram>>;
  /** `undefined` where no origin goes through the content store. */
  storeStats(): StoreStats | undefined;
  readonly search: Search;
  readonly origins: OriginReads;
  /** The scans of each origin since the start. */
  readonly scans: ReadonlyMap<string, ScanFigures>;
  /** Who follows the stream of events. */
  subscribers(): number;
}

export interface ScanFigures {
  readonly last: ScanSummary;
  readonly completed: number;
  readonly failed: number;
}
