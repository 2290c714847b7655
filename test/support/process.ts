import { spawn } from "node:child_process";

/** How a child process ended, and what it wrote. */
export interface Ran {
  /** Exit code, or the name of the signal that ended it. */
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Killed after this; the test fails then. @default 60 seconds */
  readonly deadlineMs?: number;
}

/** The command line that runs something as the user `nobody`, without groups. Only root can. */
export const AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] as const;

/**
 * Runs a command to its end.
 *
 * @throws when it cannot be run, or is still running after `deadlineMs`.
 */
export function run(command: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const [program = "", ...args] = command;
  const { deadlineMs = 60_000, ...spawnOptions } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...spawnOptions, stdio: ["ignore", "pipe", "pipe"] });
    const texts = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("utf8").on("data", (text: string) => {
        texts[stream] += text;
      });
    }
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`'${command.join(" ")}' still ran after ${deadlineMs} ms\n${texts.stderr}`));
    }, deadlineMs);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? signal ?? "SIGKILL", ...texts });
    });
  });
}

/** Waits until `isSo` gives something truthy, and returns it. @throws after `deadlineMs`, naming `what`. */
export async function until<T>(
  what: string,
  isSo: () => T | Promise<T>,
  deadlineMs = 30_000,
): Promise<NonNullable<T>> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const found = await isSo();
    if (found) return found as NonNullable<T>;
    if (performance.now() > endMs) throw new Error(`waited ${deadlineMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Like {@link Promise.race} with a deadline. @throws after `deadlineMs`, naming `what`. */
export async function within<T>(what: string, promise: Promise<T>, deadlineMs = 30_000): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${deadlineMs} ms`)), deadlineMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
