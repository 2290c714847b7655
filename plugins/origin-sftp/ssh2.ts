import { createRequire } from "node:module";
import { MusicfsError } from "musicfs";

const PACKAGE = "ssh2";

/** What is used of the package. */
export type Ssh2 = Pick<typeof import("ssh2"), "Client" | "utils">;

/**
 * Loads the package that speaks SSH. @throws `MFS_MACHINE_LACKS` with what to install.
 */
export function loadSsh2(): Ssh2 {
  try {
    return createRequire(import.meta.url)(PACKAGE) as Ssh2;
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    throw new MusicfsError("MFS_MACHINE_LACKS", `originSftp() needs the package ${PACKAGE}: ${reason}`, {
      hint: `Type 'npm install ${PACKAGE}'.`,
      cause,
    });
  }
}
