import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until, within } from "../process.js";

export interface ServerCommand {
  readonly command: readonly [string, ...string[]];
  /** Port of loopback that says that it is ready; absent where nothing says so. */
  readonly port?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** A server of another program, with all of its processes. */
export interface ServerProcess {
  /** Stops all of its processes in their tracks. @returns what lets them go on. */
  freeze(): () => void;
  /** Ends it as a power cut does. */
  kill(): Promise<void>;
  /** Ends it well; does nothing where it has ended. */
  stop(): Promise<void>;
}

const STOP_MS = 20_000;

/** A folder that servers running as another user may look into. */
export function serverFolder(...names: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "musicfs-server-"));
  chmodSync(folder, 0o755);
  for (const name of names) mkdirSync(join(folder, name));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Starts a server in a process group of its own, and waits until it takes connections.
 *
 * @param log file that its output, or the log that it writes itself, is in; shown where it does not come up.
 */
export async function startServer(
  { command, port, env }: ServerCommand,
  log: string,
): Promise<ServerProcess> {
  const [program, ...args] = command;
  let output = "";
  const child = spawn(program, args, {
    detached: true,
    cwd: "/",
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-20_000);
    });
  }
  let failure: Error | undefined;
  child.once("error", (error) => {
    failure = error;
  });
  const ended = new Promise<void>((resolve) =>
    child.once("close", () => resolve()).once("error", () => resolve()),
  );
  const onExit = (): void => signal(child, "SIGKILL");
  process.once("exit", onExit);
  const end = async (name: NodeJS.Signals): Promise<void> => {
    signal(child, "SIGCONT");
    signal(child, name);
    await within(`the end of ${program}`, ended, STOP_MS);
    // Workers may outlive the process that was started.
    signal(child, "SIGKILL");
    process.off("exit", onExit);
  };
  try {
    await until(`${program} takes connections`, () => {
      if (failure) throw failure;
      if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
      return port === undefined || isListening(port);
    });
  } catch (error) {
    await end("SIGKILL");
    const written = existsSync(log) ? readFileSync(log, "utf8").slice(-5000) : "";
    throw new Error(`${(error as Error).message}\n${output}\n${written}`);
  }
  return {
    freeze() {
      signal(child, "SIGSTOP");
      waitUntilStopped(child.pid ?? -1);
      return () => signal(child, "SIGCONT");
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
  };
}

function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // Nobody of the group is left.
  }
}

// The signal is only on its way when it is sent: a thread that runs may still answer.
function waitUntilStopped(group: number): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (const endMs = performance.now() + STOP_MS; !isStopped(group); Atomics.wait(clock, 0, 0, 5)) {
    if (performance.now() > endMs) throw new Error(`the processes of group ${group} do not stop`);
  }
}

function isStopped(group: number): boolean {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/u.test(name));
  return pids
    .filter((pid) => statOf(`/proc/${pid}/stat`)?.[2] === String(group))
    .flatMap((pid) =>
      readdirSync(`/proc/${pid}/task`).map((task) => statOf(`/proc/${pid}/task/${task}/stat`)),
    )
    .every((fields) => fields === undefined || "TZX".includes(fields[0] ?? ""));
}

// State, parent and group of a process or a thread (proc(5)); what its name is, is left out.
function statOf(path: string): readonly string[] | undefined {
  try {
    const text = readFileSync(path, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
