import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { fetchStatus } from "../control/client.js";
import type { Status } from "../control/status.js";
import { isMusicfsError, MusicfsError, messageOf } from "../errors.js";
import { SERVICE_RUNTIME_DIR } from "../service/unit.js";
import { type GlobalOptions, loadCommandConfig } from "./context.js";

/** The socket of the instance that a command is about, and why it was guessed, where it was. */
export interface SocketChoice {
  readonly socketPath: string;
  readonly configProblem?: string;
}

/**
 * Finds the socket of the instance that the config names. An instance can be asked and stopped without its
 * config, too: where there is none, or it cannot be read, the socket is where it is by default.
 *
 * @throws what is wrong with a config that `--config` names.
 */
export async function findSocket(flags: GlobalOptions): Promise<SocketChoice> {
  try {
    return { socketPath: ofService((await loadCommandConfig(flags)).socketPath) };
  } catch (error) {
    if (!isMusicfsError(error) || !error.code.startsWith("MFS_CONFIG_") || flags.config !== undefined) {
      throw error;
    }
    const problem = error.code === "MFS_CONFIG_NOT_FOUND" ? {} : { configProblem: messageOf(error) };
    return { socketPath: ofService(await defaultSocketPath(flags)), ...problem };
  }
}

// The system's service has no session, and so no folder of one: its socket is not where root's would be.
function ofService(socketPath: string): string {
  const path = join(SERVICE_RUNTIME_DIR, basename(socketPath));
  return !existsSync(socketPath) && existsSync(path) ? path : socketPath;
}

/** Asks the running instance for its status. @throws `MFS_NOT_RUNNING`, `MFS_CONTROL_FAILED`. */
export async function getStatus({ socketPath, configProblem }: SocketChoice): Promise<Status> {
  try {
    return await fetchStatus(socketPath);
  } catch (error) {
    if (configProblem === undefined || !isMusicfsError(error)) throw error;
    throw new MusicfsError(error.code, `${error.message}; the config was not used: ${configProblem}`);
  }
}

async function defaultSocketPath({ name }: GlobalOptions): Promise<string> {
  const { runtimeHome, resolvePath } = await import("../config/paths.js");
  const { MUSICFS_RUNTIME_DIR: folder, MUSICFS_NAME: named } = process.env;
  const runtimeDir = folder ? resolvePath(folder, process.cwd(), process.env) : runtimeHome(process.env);
  return join(runtimeDir, `${name ?? (named || "default")}.sock`);
}
