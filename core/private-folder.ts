import { mkdirSync, statSync } from "node:fs";
import { MusicfsError, messageOf } from "./errors.js";

/**
 * Makes a folder that only this user can enter, or sees that the one that is there is this user's.
 *
 * @throws `MFS_FOLDER_UNUSABLE` when it can't be made, or belongs to somebody else.
 */
export function makePrivateFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const { uid } = statSync(path);
    if (uid === process.getuid?.()) return;
    throw new Error(`it belongs to user ${uid}`);
  } catch (error) {
    throw unusableFolder(path, error);
  }
}

/**
 * The error to report of a folder that `error`, of the system or of SQLite, makes unusable.
 *
 * @param action what failed, in words that stand before the path.
 */
export function unusableFolder(path: string, error: unknown, action = "use the folder"): MusicfsError {
  const message = messageOf(error);
  const isFull = /ENOSPC|EDQUOT|disk is full/.test(message);
  return new MusicfsError("MFS_FOLDER_UNUSABLE", `cannot ${action} ${path}: ${message}`, {
    cause: error,
    ...(isFull ? { hint: "Free some space on its disk, or name a folder on another one." } : {}),
  });
}
