import { spawn } from "node:child_process";

const TIMEOUT_MS = 10_000;

export interface ProgramResult {
  /** Absent when the program could not be run, or had to be killed. */
  readonly exitCode: number | undefined;
  readonly stderr: string;
}

/** Runs a program with the locale "C", from `/`, and kills it after `timeoutMs`. Never rejects. */
export function runProgram(
  program: string,
  args: readonly string[],
  timeoutMs = TIMEOUT_MS,
): Promise<ProgramResult> {
  const { PATH = "" } = process.env;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: "/",
      env: { PATH: `${PATH}:/usr/bin:/bin:/usr/sbin:/sbin`, LC_ALL: "C" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-2000);
    });
    const settle = (exitCode: number | undefined): void => {
      clearTimeout(timer);
      child.stderr.destroy();
      resolve({ exitCode, stderr: stderr.trim() });
    };
    // One that waits for a dead mount can't be killed, so it isn't waited for either.
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      child.unref();
      settle(undefined);
    }, timeoutMs);
    child.once("error", () => settle(undefined));
    child.once("close", (code) => settle(code ?? undefined));
  });
}

/**
 * Unmounts what is mounted at `mountpoint`.
 *
 * @param lazily takes it out of the tree though files of it are open.
 * @returns whether that succeeded.
 */
export async function unmountAt(mountpoint: string, lazily: boolean): Promise<boolean> {
  for (const [program, ...args] of commands(lazily)) {
    const { exitCode } = await runProgram(program, [...args, mountpoint]);
    if (exitCode === 0) return true;
  }
  return false;
}

type Command = readonly [program: string, ...args: string[]];

function commands(lazily: boolean): readonly Command[] {
  if (process.platform === "darwin") return [lazily ? ["diskutil", "unmount", "force"] : ["umount", "--"]];
  if (process.geteuid?.() === 0) return [["umount", ...(lazily ? ["-l"] : []), "--"]];
  const flag = lazily ? "-uz" : "-u";
  return [
    ["fusermount3", flag, "--"],
    ["fusermount", flag, "--"],
  ];
}
