import { fstatSync } from "node:fs";
import type { Environment } from "../config/paths.js";

/** Whether `fd` leads to systemd's journal: it says so by naming the stream in `JOURNAL_STREAM` (systemd.exec(5)). */
export function isJournal(fd: number, env: Environment): boolean {
  if (!env.JOURNAL_STREAM) return false;
  try {
    const { dev, ino } = fstatSync(fd);
    return env.JOURNAL_STREAM === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
