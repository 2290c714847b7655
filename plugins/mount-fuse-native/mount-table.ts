import { readFileSync } from "node:fs";

/** One line of `/proc/self/mountinfo`, as proc(5) describes it. */
export interface MountEntry {
  /** `major:minor` of the filesystem's device number. */
  readonly device: string;
  readonly mountpoint: string;
  readonly type: string;
  readonly source: string;
}

/** What is on top at `mountpoint` in this process's namespace. Nothing where there is no such table (macOS). */
export function mountAt(mountpoint: string): MountEntry | undefined {
  return readTable().findLast((entry) => entry.mountpoint === mountpoint);
}

/** Whether a mount of ours under the name `source` is in the table, wherever it is mounted. */
export function isAnywhere(source: string): boolean {
  return readTable().some((entry) => isOurs(entry, source));
}

export function isOurs(entry: MountEntry, source: string): boolean {
  return entry.type === "fuse.musicfs" && entry.source === source;
}

// In latin1, since names need not be UTF-8.
function readTable(): MountEntry[] {
  if (process.platform !== "linux") return [];
  return readFileSync("/proc/self/mountinfo", "latin1").split("\n").flatMap(parseLine);
}

// Optional fields of any number stand between the sixth field and a lone dash.
function parseLine(line: string): MountEntry[] {
  const fields = line.split(" ");
  const dash = fields.indexOf("-", 6);
  const [device, mountpoint, type, source] = [fields[2], fields[4], fields[dash + 1], fields[dash + 2]];
  if (dash < 0 || !device || !mountpoint || !type || source === undefined) return [];
  return [{ device, mountpoint: unescaped(mountpoint), type: unescaped(type), source: unescaped(source) }];
}

// Space, tab, newline, backslash and `#` stand as three octal digits.
function unescaped(field: string): string {
  const bytes = field.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}
