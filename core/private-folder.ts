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
    throw new MusicfsError("MFS_FOLDER_UNUSABLE", `cannot use the folder ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
