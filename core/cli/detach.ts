import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../config/config.js";
import { type ErrorCode, MusicfsError } from "../errors.js";
import { makePrivateFolder } from "../private-folder.js";
import { printLine } from "./output.js";
import type { StartOptions } from "./start.js";

/** What a detached daemon tells the command that started it, once. */
export type DetachedReport =
  | { readonly mounted: string; readonly pid: number }
  | { readonly code: ErrorCode; readonly message: string; readonly hint: string };

/** Beyond this the log of earlier runs is moved to `musicfs.log.1`, in bytes. */
const LOG_MAX_BYTES = 10 * 1024 * 1024;
/** As in the first line of `bin.ts`. */
const LAUNCH_ENVIRONMENT = { UV_THREADPOOL_SIZE: "32", MALLOC_ARENA_MAX: "2" };

/**
 * Starts the daemon in the background, its output going to `<stateDir>/musicfs.log`; returns when the mount
 * answers.
 *
 * @throws what the daemon's start threw.
 */
export async function startDetached(config: Config, options: StartOptions): Promise<void> {
  const logFile = join(config.stateDir, "musicfs.log");
  const child = spawnDaemon(config, options, logFile);
  const interrupt = (): void => void child.kill("SIGTERM");
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  const report = await reportOf(child, logFile);
  if ("code" in report) throw new MusicfsError(report.code, report.message, { hint: report.hint });
  if (child.connected) child.disconnect();
  child.unref();
  process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  printLine(`MusicFS is mounted at ${report.mounted} (process ${report.pid}, log in ${logFile})`);
  printLine("Stop it with: musicfs stop");
}

function spawnDaemon(config: Config, { name, mount }: StartOptions, logFile: string): ChildProcess {
  const bin = fileURLToPath(new URL("./bin.js", import.meta.url));
  const log = openLog(config.stateDir, logFile);
  try {
    return spawn(
      process.execPath,
      [
        ...process.execArgv,
        bin,
        "start",
        "--detached",
        "--config",
        config.configFile,
        ...(name === undefined ? [] : ["--name", name]),
        ...(mount === undefined ? [] : ["--mount", mount]),
      ],
      {
        detached: true,
        stdio: ["ignore", log, log, "ipc"],
        env: { ...LAUNCH_ENVIRONMENT, ...process.env },
      },
    );
  } finally {
    closeSync(log);
  }
}

function openLog(folder: string, file: string): number {
  makePrivateFolder(folder);
  try {
    const { size } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0 };
    if (size > LOG_MAX_BYTES) renameSync(file, `${file}.1`);
    return openSync(file, "a", 0o600);
  } catch (error) {
    throw new MusicfsError(
      "MFS_FOLDER_UNUSABLE",
      `cannot write the log ${file}: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

function reportOf(child: ChildProcess, logFile: string): Promise<DetachedReport> {
  return new Promise((resolve, reject) => {
    child.once("message", (report) => resolve(report as DetachedReport));
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      reject(
        new MusicfsError("MFS_INTERNAL", `the daemon ended (${signal ?? `code ${code}`}) before it mounted`, {
          hint: `See its log, ${logFile}.`,
        }),
      ),
    );
  });
}
