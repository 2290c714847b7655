import type { ScanStatus } from "../control/status.js";
import type { Hooks } from "../hooks.js";
import type { EventDetail, EventType } from "./event.js";

/** Where events of some types come from. */
export interface EventSource {
  readonly types: readonly EventType[];
  /** Whether it is followed at all times, so that the past can be told; the others cost too much for that. */
  readonly isRare: boolean;
  /** Begins to tell what happens; the function that it gives ends that. */
  follow(publish: (detail: EventDetail) => void): () => void;
}

/** Shortest time between two looks at how far a scan is, in milliseconds. */
const PROGRESS_EVERY_MS = 1000;

/** The sources of events, over the hooks of the daemon. */
export function eventSources(hooks: Hooks, scanStatus: () => ScanStatus): readonly EventSource[] {
  return [
    {
      types: ["file-added", "file-removed", "file-modified"],
      isRare: false,
      follow: (publish) =>
        hooks.libraryChanged.follow(({ added, changed, removed }) => {
          for (const path of removed) publish({ type: "file-removed", path });
          for (const path of added) publish({ type: "file-added", path });
          for (const path of changed) publish({ type: "file-modified", path });
        }),
    },
    {
      types: ["file-accessed"],
      isRare: false,
      follow: (publish) =>
        hooks.fileAccessed.follow((access) => publish({ type: "file-accessed", ...access })),
    },
    {
      types: ["origin-connected", "origin-disconnected", "origin-health-changed"],
      isRare: true,
      follow: (publish) =>
        hooks.originChanged.follow(({ change, ...origin }) =>
          publish({ type: `origin-${change}`, ...origin }),
        ),
    },
    {
      types: ["scan-started"],
      isRare: true,
      follow: (publish) =>
        hooks.scanStarted.follow(({ originId }) => publish({ type: "scan-started", originId })),
    },
    { types: ["scan-progress"], isRare: false, follow: (publish) => followProgress(scanStatus, publish) },
    {
      types: ["scan-completed"],
      isRare: true,
      follow: (publish) =>
        hooks.scanCompleted.follow((summary) => publish({ type: "scan-completed", summary })),
    },
    {
      types: ["cache-evicted"],
      isRare: false,
      follow: (publish) =>
        hooks.cacheEvicted.follow((eviction) => publish({ type: "cache-evicted", ...eviction })),
    },
    {
      types: ["corruption-repaired"],
      isRare: true,
      follow: (publish) =>
        hooks.corruptionRepaired.follow((repair) => publish({ type: "corruption-repaired", ...repair })),
    },
    {
      types: ["mounted"],
      isRare: true,
      follow: (publish) => hooks.mounted.follow(({ mountpoint }) => publish({ type: "mounted", mountpoint })),
    },
    {
      types: ["config-reloaded"],
      isRare: true,
      follow: (publish) =>
        hooks.configReloaded.follow((reload) => publish({ type: "config-reloaded", ...reload })),
    },
  ];
}

function followProgress(scanStatus: () => ScanStatus, publish: (detail: EventDetail) => void): () => void {
  const timer = setInterval(() => {
    const scan = scanStatus();
    if (scan.state === "running") publish({ type: "scan-progress", scan });
  }, PROGRESS_EVERY_MS).unref();
  return () => clearInterval(timer);
}
