import type { Catalogue } from "../catalogue/catalogue.js";
import type { Collections } from "../collections/collections.js";
import type { Config } from "../config/config.js";
import type { ContentParts } from "../content-parts.js";
import type { Status } from "../control/status.js";
import type { EventStream } from "../events/event-stream.js";
import type { GeneratedFiles } from "../generated/generated-files.js";
import type { Instance } from "../instance.js";
import type { Library } from "../library/library.js";
import type { Logger } from "../logger.js";
import type { Metrics } from "../metrics/metrics.js";
import type { GeneratedFolders, Mount, MountDriver } from "../model/mount-driver.js";
import type { GuardedOrigin } from "../origins/guards.js";
import type { Reloader, ReloadResult } from "../reload/reloader.js";
import type { Search } from "../search/search.js";
import type { SharedFiles } from "../sharing/shared-files.js";
import type { Store } from "../store/store.js";
import type { Later } from "./later.js";
import type { UndoStack } from "./undo-stack.js";

/** A mounted library. */
export interface Daemon {
  readonly mountpoint: string;
  status(): Status;
  /** Reads the config again; see {@link Reloader}. */
  reload(): Promise<ReloadResult>;
  /** Looks at all origins again, in the background. */
  rescan(): void;
  /** Settles once: everything is released then. */
  readonly ended: Promise<DaemonEnd>;
  /**
   * Opens nothing more, waits for running reads, unmounts and releases; a second call waits no longer.
   *
   * @param graceMs longest that it waits for readers, in milliseconds. @default 5 seconds
   */
  stop(reason: string, graceMs?: number): Promise<void>;
}

export interface DaemonEnd {
  readonly exitCode: number;
  /** Why, in words for a person. */
  readonly reason: string;
}

/** What there is before the mount: it is needed to answer the first request. */
export interface MountedParts {
  readonly config: Config;
  readonly log: Logger;
  readonly instance: Instance;
  readonly catalogue: Catalogue;
  readonly origins: readonly GuardedOrigin[];
  /** Answers whoever reads the metrics' file, as soon as there are any. */
  readonly metrics: Later<Metrics>;
  /** Where generated files lie. */
  readonly folders: GeneratedFolders;
  /** Absent when no origin is read through the content store. */
  readonly content: ContentParts | undefined;
  /** What is kept of origins that are not on this disk; absent where no origin is read through it. */
  readonly store?: Store;
  /** Inode of the directory of all queries; absent where nothing searches. */
  readonly queryRootIno: number | undefined;
  readonly driver: MountDriver;
  readonly mount: Mount;
  /** Releases everything, the last taken first, once the mount has ended. */
  readonly undo: UndoStack;
}

/** What a running daemon consists of. */
export interface DaemonParts extends MountedParts {
  readonly library: Library;
  readonly generated: GeneratedFiles;
  readonly reloader: Reloader;
  /** What happens, for whoever asks. */
  readonly events: EventStream;
  readonly search: Search;
  readonly collections: Collections;
  /** The files of the library, for another MusicFS. */
  readonly sharing: SharedFiles;
}
