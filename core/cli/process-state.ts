import { readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** A mount of MusicFS, as the kernel's table has it. */
export interface MusicfsMount {
  readonly mountpoint: string;
  readonly source: string;
}

/**
 * Whether a process still runs: neither gone, nor a zombie that its parent has not noticed yet (proc(5),
 * `/proc/<pid>/stat`).
 */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return !/^[ZX]/u.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return process.platform !== "linux";
  }
}

/**
 * The MusicFS that is mounted at `mountpoint`. Never looks at the place itself, which might not answer;
 * `undefined` also where there is no table of mounts (proc(5), `/proc/self/mountinfo`).
 */
export function findMusicfsMount(mountpoint: string): MusicfsMount | undefined {
  const path = realPathOf(mountpoint);
  return readMounts().findLast((mount) => mount.mountpoint === path);
}

function readMounts(): MusicfsMount[] {
  try {
    return readFileSync("/proc/self/mountinfo", "latin1").split("\n").flatMap(parseMount);
  } catch {
    return [];
  }
}

// 36 35 0:42 / /mnt/music ro,nosuid - fuse.musicfs musicfs:0123456789abcdef ro,user_id=0
function parseMount(line: string): MusicfsMount[] {
  const [left = "", right = ""] = line.split(" - ");
  const mountpoint = left.split(" ")[4];
  const source = right.split(" ")[1] ?? "";
  if (mountpoint === undefined || !source.startsWith("musicfs:")) return [];
  return [{ mountpoint: unescapeOctal(mountpoint), source }];
}

function unescapeOctal(text: string): string {
  const bytes = text.replace(/\\([0-7]{3})/gu, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

function realPathOf(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}
