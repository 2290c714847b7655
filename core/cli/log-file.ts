import { openSync, renameSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/config.js";
import { MusicfsError, messageOf } from "../errors.js";
import { makePrivateFolder } from "../private-folder.js";

/** Beyond this the log of earlier runs is moved to `musicfs.log.1`, in bytes. */
const MAX_BYTES = 10 * 1024 * 1024;

export interface LogFile {
  readonly path: string;
  /** Appends whole lines; a full disk loses them and nothing else. */
  write(lines: string): void;
}

/**
 * Opens the log of a daemon without a terminal, `<stateDir>/musicfs.log`.
 *
 * @throws `MFS_FOLDER_UNUSABLE`
 */
export function openLogFile(config: Config): LogFile {
  const path = join(config.stateDir, "musicfs.log");
  makePrivateFolder(config.stateDir);
  try {
    const { size } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0 };
    if (size > MAX_BYTES) renameSync(path, `${path}.1`);
    const fd = openSync(path, "a", 0o600);
    return { path, write: (lines) => appendTo(fd, lines) };
  } catch (error) {
    throw new MusicfsError("MFS_FOLDER_UNUSABLE", `cannot write the log ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function appendTo(fd: number, lines: string): void {
  try {
    writeSync(fd, lines);
  } catch {
    // There is nowhere left to say it.
  }
}
