import { readFileSync } from "node:fs";

/** One line of `/proc/self/mountinfo`, as proc(5) describes it. */
export interface MountInfo {
  /** `major:minor` of the filesystem's device number. */
  readonly device: string;
  readonly mountpoint: string;
  readonly type: string;
  readonly source: string;
}

/** The filesystem type that a mount of ours has. */
export const FUSE_TYPE = "fuse.musicfs";

/** What is mounted in this process's namespace, in the order in which it was mounted. */
export function readMountInfo(): MountInfo[] {
  return parseMountInfo(readFileSync("/proc/self/mountinfo", "latin1"));
}

/** @param text in latin1, since names need not be UTF-8. Lines of another form are left out. */
export function parseMountInfo(text: string): MountInfo[] {
  return text.split("\n").flatMap(parseLine);
}

/** What a person sees at `mountpoint`: of mounts on top of each other, the last. */
export function topmostAt(mounts: readonly MountInfo[], mountpoint: string): MountInfo | undefined {
  return mounts.findLast((mount) => mount.mountpoint === mountpoint);
}

// Optional fields of any number stand between the sixth field and a lone dash.
function parseLine(line: string): MountInfo[] {
  const fields = line.split(" ");
  const dash = fields.indexOf("-", 6);
  const [device, mountpoint] = [fields[2], fields[4]];
  const [type, source] = [fields[dash + 1], fields[dash + 2]];
  if (dash < 0 || !device || !mountpoint || !type || source === undefined) return [];
  return [
    { device, mountpoint: decodeField(mountpoint), type: decodeField(type), source: decodeField(source) },
  ];
}

// Space, tab, newline, backslash and `#` stand as three octal digits.
function decodeField(field: string): string {
  const bytes = field.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}
