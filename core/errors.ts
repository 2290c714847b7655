/**
 * Every error that MusicFS reports, by a permanent code. A code is never renamed or used again;
 * programs may match on it. `test/core/errors.test.ts` holds this table, the README and the types together.
 */

/** Process exit codes, as published in `musicfs --help` and the README. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  config: 3,
  notRunning: 4,
  alreadyRunning: 5,
  machine: 6,
  internal: 70,
} as const;

export interface ErrorKind {
  /** What to do about it, in one line for a person. */
  readonly hint: string;
  readonly exitCode: number;
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable?: boolean;
}

export const ERROR_KINDS = {
  MFS_CONFIG_NOT_FOUND: {
    hint: "Write a musicfs.config.ts (see README, 'Configuration') or name one with --config FILE.",
    exitCode: EXIT.config,
  },
  MFS_CONFIG_UNREADABLE: { hint: "Mend the file, then run 'musicfs config check'.", exitCode: EXIT.config },
  MFS_CONFIG_INVALID: {
    hint: "Mend the lines above, then run 'musicfs config check'.",
    exitCode: EXIT.config,
  },
  MFS_PLUGIN_CLASH: {
    hint: "Remove one of the two, or give one another name.",
    exitCode: EXIT.config,
  },
  MFS_PLUGIN_REQUIREMENT: {
    hint: "Add the missing plugin to 'plugins' in the config.",
    exitCode: EXIT.config,
  },
  MFS_PLUGIN_FAILED: {
    hint: "The cause above is the plugin's own; check its options, or remove it.",
    exitCode: EXIT.failure,
  },
  MFS_ORIGIN_UNAVAILABLE: {
    hint: "Check that the path exists and is readable, or that the server is up.",
    exitCode: EXIT.failure,
    retryable: true,
  },
  MFS_SECRET_UNAVAILABLE: {
    hint: "Set the variable, write the file, or name another place in the config.",
    exitCode: EXIT.config,
  },
  MFS_REQUEST_FAILED: {
    hint: "Check that the other server is up, and what the config says of it.",
    exitCode: EXIT.failure,
    retryable: true,
  },
  MFS_CATALOGUE_NEWER: {
    hint: "Start the newer MusicFS again, or name another state folder (stateDir, MUSICFS_STATE_DIR).",
    exitCode: EXIT.failure,
  },
  MFS_CATALOGUE_FOREIGN: {
    hint: "The file is not a MusicFS catalogue; name another state folder (stateDir, MUSICFS_STATE_DIR).",
    exitCode: EXIT.failure,
  },
  MFS_CATALOGUE_DAMAGED: {
    hint: "Move the file away; the next start scans the library anew.",
    exitCode: EXIT.failure,
  },
  MFS_STORE_NEWER: {
    hint: "Start the newer MusicFS again, or name another cache folder (cacheDir, MUSICFS_CACHE_DIR).",
    exitCode: EXIT.failure,
  },
  MFS_STORE_FOREIGN: {
    hint: "Name another cache folder (cacheDir, MUSICFS_CACHE_DIR), or remove this one if nothing in it is needed.",
    exitCode: EXIT.failure,
  },
  MFS_FOLDER_UNUSABLE: {
    hint: "Make the folder writable for this user, or name another one.",
    exitCode: EXIT.machine,
  },
  MFS_ALREADY_RUNNING: {
    hint: "Stop it with 'musicfs stop', or give this one its own 'name' in the config.",
    exitCode: EXIT.alreadyRunning,
  },
  MFS_NOT_RUNNING: { hint: "Start it with 'musicfs start'.", exitCode: EXIT.notRunning },
  MFS_CONTROL_FAILED: { hint: "See 'musicfs status', or the daemon's log.", exitCode: EXIT.failure },
  MFS_OUTPUT_FAILED: { hint: "Make room there, or write elsewhere.", exitCode: EXIT.failure },
  MFS_CONTROL_VERSION: {
    hint: "Start it anew with this version: run musicfs stop, then musicfs start.",
    exitCode: EXIT.failure,
  },
  MFS_PORT_UNUSABLE: {
    hint: "Name another port or host in 'control.tcp', or end what listens there.",
    exitCode: EXIT.machine,
  },
  MFS_NOT_FOUND: {
    hint: "See 'musicfs --help' for the command that lists what there is.",
    exitCode: EXIT.failure,
  },
  MFS_FILE_CHANGED: {
    hint: "Look at the file again, and ask for the version that is there now.",
    exitCode: EXIT.failure,
  },
  MFS_COLLECTION_NAME: {
    hint: "Take another name, without '/' and not longer than 200 bytes.",
    exitCode: EXIT.usage,
  },
  MFS_COLLECTION_EXISTS: {
    hint: "Take another name, or replace the saved one with --replace.",
    exitCode: EXIT.failure,
  },
  MFS_STORE_UNUSED: {
    hint: "Add an origin that is not on this disk, or set cache: true for originLocal().",
    exitCode: EXIT.failure,
  },
  MFS_STORE_SMALL: {
    hint: "Choose fewer files, or raise 'maxBytes' of the cache policy.",
    exitCode: EXIT.failure,
  },
  MFS_MOUNTPOINT_UNUSABLE: {
    hint: "Name an empty folder with --mount DIR, or 'mountpoint' in the config.",
    exitCode: EXIT.failure,
  },
  MFS_MOUNTPOINT_BUSY: {
    hint: "Unmount what is there, or name another folder with --mount DIR.",
    exitCode: EXIT.failure,
  },
  MFS_MOUNT_FAILED: { hint: "Run 'musicfs doctor' to see what is missing.", exitCode: EXIT.machine },
  MFS_MOUNT_LOST: { hint: "Start again with 'musicfs start'.", exitCode: EXIT.failure, retryable: true },
  MFS_MACHINE_LACKS: { hint: "Run 'musicfs doctor' to see all that is missing.", exitCode: EXIT.machine },
  MFS_QUERY_INVALID: {
    hint: "Put what is meant as it stands into quotation marks; README, 'Search', has the language.",
    exitCode: EXIT.usage,
  },
  MFS_SEARCH_FAILED: {
    hint: "See 'musicfs status' and the daemon's log; the index mends itself.",
    exitCode: EXIT.failure,
    retryable: true,
  },
  MFS_USAGE: { hint: "See 'musicfs --help'.", exitCode: EXIT.usage },
  MFS_INTERNAL: {
    hint: "This is a fault of MusicFS itself; please report it with the log.",
    exitCode: EXIT.internal,
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

// A registered symbol, so that an error is known as ours across two installed copies of the package.
const BRAND = Symbol.for("musicfs.error");

export interface ErrorDetails {
  /** A hint that fits better than the kind's own, such as the exact line to type. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** An error with a permanent code, what happened, and what to do. */
export class MusicfsError extends Error {
  override readonly name = "MusicfsError";
  readonly code: ErrorCode;
  readonly hint: string;
  readonly exitCode: number;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    const kind: ErrorKind = ERROR_KINDS[code];
    this.code = code;
    this.hint = details.hint ?? kind.hint;
    this.exitCode = kind.exitCode;
    this.retryable = kind.retryable ?? false;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Whether `error` is a {@link MusicfsError}, also one of another installed copy of MusicFS. */
export function isMusicfsError(error: unknown): error is MusicfsError {
  return typeof error === "object" && error !== null && BRAND in error;
}

/** One line for a person, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
