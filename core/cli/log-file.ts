import { closeSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/config.js";
import { MusicfsError, messageOf } from "../errors.js";
import { makePrivateFolder } from "../private-folder.js";

/** Beyond this the log is moved to `musicfs.log.1`, and a new one begins; in bytes. */
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
    return new RotatingFile(path);
  } catch (error) {
    throw new MusicfsError("MFS_FOLDER_UNUSABLE", `cannot write the log ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

class RotatingFile implements LogFile {
  readonly path: string;
  #fd = -1;
  #sizeBytes = 0;

  constructor(path: string) {
    this.path = path;
    this.#open();
  }

  write(lines: string): void {
    try {
      if (this.#sizeBytes > MAX_BYTES) this.#open();
      this.#sizeBytes += writeSync(this.#fd, lines);
    } catch {
      // There is nowhere left to say it.
    }
  }

  #open(): void {
    const { size } = statSync(this.path, { throwIfNoEntry: false }) ?? { size: 0 };
    if (size > MAX_BYTES) renameSync(this.path, `${this.path}.1`);
    const before = this.#fd;
    this.#fd = openSync(this.path, "a", 0o600);
    this.#sizeBytes = size > MAX_BYTES ? 0 : size;
    if (before >= 0) closeSync(before);
  }
}
