import { spawn } from "node:child_process";

/**
 * Whether the mount answers: another process asks it for its size, which the kernel passes on to a worker
 * each time (statfs(2) is not cached). This process must not: it would wait for itself.
 *
 * @returns what is wrong, in words; `undefined` when all is well.
 */
export function checkMount(mountpoint: string, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn("stat", ["-f", "--", mountpoint], {
      cwd: "/",
      // A session of its own: Ctrl-C goes to all processes of a terminal, and is the daemon's alone to act upon.
      detached: true,
      stdio: "ignore",
      env: { PATH: process.env.PATH ?? "/usr/bin:/bin" },
    });
    const timer = setTimeout(() => settle(`the mount did not answer within ${timeoutMs} ms`), timeoutMs);
    // Whoever waits for a mount can be killed, but is only gone once the mount lets go.
    const settle = (problem: string | undefined): void => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      child.unref();
      resolve(problem);
    };
    child.once("error", (error) => settle(`the mount cannot be asked: ${error.message}`));
    child.once("exit", (code) =>
      settle(code === 0 ? undefined : `the mount answered with an error (${code})`),
    );
  });
}
