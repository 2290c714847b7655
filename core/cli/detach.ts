import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { MusicfsError } from "../errors.js";
import { LAUNCH_ENVIRONMENT, LAUNCH_FLAGS } from "../launch.js";
import type { DetachedReport } from "./detached-report.js";
import { printJson, printLine } from "./output.js";
import type { StartOptions } from "./start.js";

/** Kept of what the daemon says before it could report, in characters. */
const MAX_COMPLAINT = 4_000;

/**
 * Starts the daemon in the background; returns when the mount answers. All the work is the daemon's: the
 * config is loaded there and only there.
 *
 * @throws what the daemon's start threw.
 */
export async function startDetached(options: StartOptions): Promise<void> {
  const child = spawnDaemon(options);
  const interrupt = (): void => void child.kill("SIGTERM");
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  const report = await reportOf(child);
  if ("code" in report) throw new MusicfsError(report.code, report.message, { hint: report.hint });
  if (child.connected) child.disconnect();
  child.stderr?.destroy();
  child.unref();
  process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  if (options.json)
    return printJson({ mountpoint: report.mounted, pid: report.pid, logFile: report.logFile });
  printLine(`MusicFS is mounted at ${report.mounted} (process ${report.pid}, log in ${report.logFile})`);
  printLine("Stop it with: musicfs stop");
}

// Also where the command was started without what the first line of `bin.ts` says.
function spawnDaemon({ config, name, mount }: StartOptions): ChildProcess {
  const bin = fileURLToPath(new URL("./bin.js", import.meta.url));
  const flags = Object.entries({ config, name, mount }).flatMap(([flag, value]) =>
    value === undefined ? [] : [`--${flag}`, value],
  );
  return spawn(
    process.execPath,
    [...LAUNCH_FLAGS, ...process.execArgv, bin, "start", "--detached", ...flags],
    {
      detached: true,
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      env: { ...LAUNCH_ENVIRONMENT, ...process.env },
    },
  );
}

function reportOf(child: ChildProcess): Promise<DetachedReport> {
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(0, MAX_COMPLAINT);
  });
  return new Promise((resolve, reject) => {
    child.once("message", (report) => resolve(report as DetachedReport));
    child.once("error", reject);
    child.once("close", (code, signal) =>
      reject(
        new MusicfsError(
          "MFS_INTERNAL",
          `the daemon ended (${signal ?? `code ${code}`}) before it mounted${complaint && `:\n${complaint}`}`,
        ),
      ),
    );
  });
}
