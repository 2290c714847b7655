import type { Status } from "../control/status.js";
import type { ScanSummary } from "../hooks.js";
import type { LatencyHistogram, MountStatistics } from "../model/mount-driver.js";
import type { OriginFigures } from "../origins/figures.js";
import type { OriginState } from "../origins/health.js";
import type { Search } from "../search/search.js";
import type { StoreStats } from "../store/store.js";

/** What the metrics are made of. What is a function is asked once a reading. */
export interface MetricSources {
  status(): Status;
  statistics(): MountStatistics;
  latencies(): Readonly<Record<string, LatencyHistogram>>;
  /** `undefined` where no origin goes through the content store. */
  storeStats(): StoreStats | undefined;
  readonly search: Search;
  /** By their ids. */
  readonly origins: ReadonlyMap<string, MeasuredOrigin>;
  /** The scans of each origin since the start. */
  readonly scans: ReadonlyMap<string, ScanFigures>;
  /** Who follows the stream of events. */
  subscribers(): number;
}

/** What is counted of an origin, and how it is. */
export interface MeasuredOrigin {
  readonly figures: OriginFigures;
  readonly health: { readonly state: OriginState };
}

export interface ScanFigures {
  readonly last: ScanSummary;
  readonly completed: number;
  readonly failed: number;
}
