import { lstatSync, rmSync } from "node:fs";
import { connect, type Server } from "node:net";
import { dirname } from "node:path";
import { MusicfsError } from "../errors.js";
import { makePrivateFolder } from "../private-folder.js";

/**
 * Lets a server listen on a Unix socket that only this user can reach: mode 0600, its folder 0700. A socket
 * that a dead instance left behind is replaced; anything else at the path is refused.
 *
 * @throws `MFS_ALREADY_RUNNING` when somebody listens there, `MFS_FOLDER_UNUSABLE` when it can't be made.
 */
export async function listenPrivately(server: Server, path: string): Promise<void> {
  makePrivateFolder(dirname(path));
  await removeDeadSocket(path);
  await listen(server, path);
}

async function removeDeadSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isSocket() || found.uid !== process.getuid?.()) {
    throw new MusicfsError("MFS_FOLDER_UNUSABLE", `${path} is there already, and is no socket of this user`, {
      hint: "Move it away, or name another folder (runtimeDir, MUSICFS_RUNTIME_DIR).",
    });
  }
  if (await isListening(path)) {
    throw new MusicfsError("MFS_ALREADY_RUNNING", `a running MusicFS listens on ${path}`);
  }
  rmSync(path);
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (listening: boolean): void => {
      socket.destroy();
      resolve(listening);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}

// The mask holds for the moment of the bind, so the socket is never open to others. The bind itself is
// synchronous for a Unix socket.
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void =>
      reject(
        new MusicfsError("MFS_FOLDER_UNUSABLE", `cannot listen on ${path}: ${error.message}`, {
          cause: error,
        }),
      );
    server.once("error", refuse);
    const mask = process.umask(0o177);
    try {
      server.listen(path, () => {
        server.off("error", refuse);
        resolve();
      });
    } finally {
      process.umask(mask);
    }
  });
}
