import { type DirectoryEntry, type NodeAttributes, ROOT_INO } from "../model/entry.js";

/** Numbers from here on belong to no name of the catalogue: it would have to hold 68 billion. */
const FIRST_OWN_INO = 2 ** 36;

/** A folder of the root that no listing shows, for what MusicFS tells of itself. */
export const OWN_DIRECTORY_INO = FIRST_OWN_INO;
const OWN_DIRECTORY_NAME = ".musicfs";

/** Names in it; both are the metrics, one as node_exporter's textfile collector wants it called. */
const LIVE_FILES: Readonly<Record<string, number>> = {
  metrics: FIRST_OWN_INO + 1,
  "metrics.prom": FIRST_OWN_INO + 2,
};

/** How long one version of a live file is shown to whoever looks it up, in milliseconds. */
const VERSION_MS = 100;
/** Versions are numbered in a circle, which takes 38 days. */
const VERSIONS = 2 ** 25;

/** Whether the inode is one of the few that stand in no catalogue. */
export function isOwn(ino: number): boolean {
  return ino >= FIRST_OWN_INO;
}

/**
 * Whether a file's content is made when it is read, so that nobody knows its size before: it shows 0, and is
 * read, past the kernel's cache, until a read comes back short.
 */
export function isLive(ino: number): boolean {
  return ino > OWN_DIRECTORY_INO;
}

export function lookupOwn(parentIno: number, name: string): NodeAttributes | undefined {
  if (parentIno === ROOT_INO) return name === OWN_DIRECTORY_NAME ? ownDirectory() : undefined;
  if (parentIno !== OWN_DIRECTORY_INO || !Object.hasOwn(LIVE_FILES, name)) return undefined;
  return liveFile(LIVE_FILES[name] as number);
}

export function ownAttributes(ino: number): NodeAttributes | undefined {
  if (ino === OWN_DIRECTORY_INO) return ownDirectory();
  return Object.values(LIVE_FILES).includes(ino) ? liveFile(ino) : undefined;
}

export function readOwnDirectory(ino: number, cookie: number, limit: number): DirectoryEntry[] {
  if (ino !== OWN_DIRECTORY_INO) return [];
  return Object.entries(LIVE_FILES)
    .map(([name, file], index) => ({ name, cookie: index + 1, ...liveFile(file) }))
    .slice(cookie, cookie + limit);
}

function ownDirectory(): NodeAttributes {
  return { ino: OWN_DIRECTORY_INO, revision: 0, kind: "directory", sizeBytes: 0, mtimeMs: 0 };
}

// Each look at the name finds a version of its own, so that readers who come at other times don't get each
// other's text, and one who reads in pieces gets pieces of one text.
function liveFile(ino: number): NodeAttributes {
  const nowMs = Date.now();
  const revision = Math.floor(nowMs / VERSION_MS) % VERSIONS;
  return { ino, revision, kind: "file", sizeBytes: 0, mtimeMs: nowMs };
}
