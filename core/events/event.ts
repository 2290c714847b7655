import type { ScanStatus } from "../control/status.js";
import type {
  CacheEviction,
  ConfigReload,
  CorruptionRepair,
  FileAccess,
  OriginChange,
  ScanSummary,
} from "../hooks.js";

/** Something that happened: one of {@link EventDetail}, numbered and dated. */
export type MusicfsEvent = EventDetail & {
  /** Counts what was told in this run of the daemon, from 1. */
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
};

/** What can happen, told apart by `type`. Paths of files are below the mountpoint, with a leading `/`. */
export type EventDetail =
  | ({ readonly type: "file-added" | "file-removed" | "file-modified" } & { readonly path: string })
  | ({ readonly type: "file-accessed" } & FileAccess)
  | ({ readonly type: "origin-connected" | "origin-disconnected" | "origin-health-changed" } & Omit<
      OriginChange,
      "change"
    >)
  | { readonly type: "scan-started"; readonly originId: string }
  | { readonly type: "scan-progress"; readonly scan: ScanStatus }
  | { readonly type: "scan-completed"; readonly summary: ScanSummary }
  | ({ readonly type: "cache-evicted" } & CacheEviction)
  | ({ readonly type: "corruption-repaired" } & CorruptionRepair)
  | { readonly type: "mounted"; readonly mountpoint: string }
  | ({ readonly type: "config-reloaded" } & ConfigReload);

export type EventType = EventDetail["type"];

export const EVENT_TYPES = [
  "file-added",
  "file-removed",
  "file-modified",
  "file-accessed",
  "origin-connected",
  "origin-disconnected",
  "origin-health-changed",
  "scan-started",
  "scan-progress",
  "scan-completed",
  "cache-evicted",
  "corruption-repaired",
  "mounted",
  "config-reloaded",
] as const satisfies readonly EventType[];
