import type { MountStatistics } from "../model/mount-driver.js";
import type { HeldRemoval } from "../model/origin.js";
import type { SearchProgress } from "../model/search-engine.js";

/** What `musicfs status --json` prints, and `GetStatus` answers. */
export interface Status extends MountStatistics {
  readonly version: string;
  readonly pid: number;
  readonly name: string;
  readonly state: "starting" | "mounted" | "stopping";
  readonly mountpoint: string;
  readonly driver: string;
  readonly uptimeMs: number;
  readonly tracks: number;
  readonly directories: number;
  /** Bytes of all tracks. */
  readonly bytes: number;
  readonly scan: ScanStatus;
  readonly origins: readonly OriginStatus[];
  readonly rssBytes: number;
  readonly search: SearchStatus;
}

export interface SearchStatus extends SearchProgress {
  /** Name of the engine; empty where there is none. */
  readonly engine: string;
}

export interface ScanStatus {
  readonly state: "running" | "idle";
  /** Files of this scan whose tags are known, or need no reading. */
  readonly done: number;
  /** Files seen so far by the listing; grows while it runs. */
  readonly total: number;
  /** Files with a problem, in the whole library: they are shown by folder and name. */
  readonly skipped: number;
  readonly unreadableFolders: number;
  readonly filesPerSecond: number;
  /** Absent while the listing runs, and when idle. */
  readonly etaMs?: number;
}

export interface OriginStatus {
  readonly id: string;
  /** What failed at the last look, in words. */
  readonly error?: string;
  readonly files: number;
  /** How changes are noticed. */
  readonly changes: "watch" | "poll" | "rescan";
  /** So many files vanished at once that they stay until it is confirmed, or seen again. */
  readonly held?: HeldRemoval;
}

export const NO_REQUESTS: MountStatistics = {
  requests: {},
  copiedBytes: 0,
  passthroughOpens: 0,
  passthroughBytes: 0,
  passthroughFailures: 0,
  openFiles: 0,
};
