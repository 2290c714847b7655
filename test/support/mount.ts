import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Status } from "#core/control/status.js";
import { leftoversIn, mountpoints, processesWith } from "./leftovers.js";
import { configText, type TestConfig } from "./mount-config.js";
import { AS_NOBODY, type Ran, type RunOptions, run, until, within } from "./process.js";

const BIN = fileURLToPath(new URL("../../core/cli/bin.js", import.meta.url));
const NOBODY = 65_534;
const START_MS = 30_000;
const STOP_MS = 20_000;

export interface InstanceOptions extends TestConfig {
  /** Whether the mountpoint is there before the start. @default true */
  readonly makeMountpoint?: boolean;
  /** Runs the daemon and the commands as `nobody`. @default false */
  readonly asNobody?: boolean;
}

/** How a daemon ended. */
export interface Ended {
  readonly code: number | NodeJS.Signals;
  readonly stderr: string;
}

/** A daemon that runs, in a process of its own. */
export interface RunningDaemon {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** What it wrote to stderr so far. */
  stderr(): string;
  /** Waits until the scan is over. */
  scanned(): Promise<Status>;
  /** Sends SIGTERM, and waits. */
  stop(): Promise<Ended>;
  /** Sends SIGKILL, and waits. */
  kill(): Promise<Ended>;
}

/** The folders, the config and the commands of one instance of MusicFS. */
export class TestInstance {
  readonly folder: string;
  readonly mountpoint: string;
  readonly configFile: string;
  readonly socketPath: string;
  readonly #options: InstanceOptions;
  readonly #marker: string;
  readonly #daemons: ChildProcess[] = [];

  constructor(options: InstanceOptions) {
    this.#options = options;
    this.folder = mkdtempSync(join(tmpdir(), "musicfs-mount-"));
    this.#marker = `MUSICFS_TEST_MARKER=${this.folder}`;
    this.mountpoint = join(this.folder, "mnt");
    this.configFile = join(this.folder, "musicfs.config.ts");
    this.socketPath = join(this.folder, "run", "musicfs", "default.sock");
    const folders = ["cache", "state", "config", "run", "home"].map((name) => join(this.folder, name));
    if (options.makeMountpoint ?? true) folders.push(this.mountpoint);
    for (const path of folders) mkdirSync(path, { mode: 0o700 });
    if (options.asNobody) for (const path of [this.folder, ...folders]) chownSync(path, NOBODY, NOBODY);
    this.configure(options);
    process.once("exit", this.#removeTraces);
  }

  /** Writes another config for the next start. */
  configure(config: TestConfig): void {
    writeFileSync(this.configFile, configText(config, this.mountpoint));
  }

  /** Starts the daemon in the foreground, and waits until it says that it is mounted. */
  async start(): Promise<RunningDaemon> {
    const daemon = this.launch();
    let over = false;
    void daemon.ended.then(() => {
      over = true;
    });
    await until(
      `the daemon is mounted; it wrote: ${daemon.stderr()}`,
      async () => {
        if (over) throw new Error(`the daemon ended at its start: ${JSON.stringify(await daemon.ended)}`);
        return (await this.statusOrUndefined())?.state === "mounted";
      },
      START_MS,
    );
    return daemon;
  }

  /** Starts the daemon in the foreground without waiting. */
  launch(extraArgs: readonly string[] = []): RunningDaemon {
    const [program = "", ...args] = this.#command(["start", "--config", this.configFile, ...extraArgs]);
    const child = spawn(program, args, { ...this.#spawnOptions(), stdio: ["ignore", "ignore", "pipe"] });
    this.#daemons.push(child);
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const ended = new Promise<Ended>((resolve) => {
      child.once("close", (code, signal) => resolve({ code: code ?? signal ?? "SIGKILL", stderr }));
    });
    const endBy = (signal: NodeJS.Signals): Promise<Ended> => {
      child.kill(signal);
      return within(`the end after ${signal}; it wrote: ${stderr}`, ended, STOP_MS);
    };
    return {
      pid: child.pid ?? -1,
      ended,
      stderr: () => stderr,
      scanned: () => this.#scanned(),
      stop: () => endBy("SIGTERM"),
      kill: () => endBy("SIGKILL"),
    };
  }

  /** Runs the CLI to its end. */
  cli(args: readonly string[], options: Omit<RunOptions, "cwd" | "env"> = {}): Promise<Ran> {
    return run(this.#command([...args, "--config", this.configFile]), {
      ...options,
      ...this.#spawnOptions(),
    });
  }

  /** What `status --json` says. @throws when nothing runs. */
  async status(): Promise<Status> {
    const { code, stdout, stderr } = await this.cli(["status", "--json"]);
    if (code !== 0) throw new Error(`status ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as Status;
  }

  async statusOrUndefined(): Promise<Status | undefined> {
    const { code, stdout } = await this.cli(["status", "--json"]);
    return code === 0 ? (JSON.parse(stdout) as Status) : undefined;
  }

  /**
   * Ends what still runs, and removes every trace.
   *
   * @returns what was left behind, in words.
   */
  async dispose(): Promise<string[]> {
    await this.endDaemons();
    const madeMountpoint = (this.#options.makeMountpoint ?? true) ? undefined : this.mountpoint;
    const leftovers = leftoversIn(this.folder, this.#marker, madeMountpoint);
    this.#removeTraces();
    process.off("exit", this.#removeTraces);
    return leftovers;
  }

  /** Ends the daemons that still run, as SIGTERM does, and waits for a while. */
  async endDaemons(): Promise<void> {
    const running = this.#daemons.filter(
      ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
    );
    for (const child of running) child.kill("SIGTERM");
    await Promise.race([
      Promise.all(running.map((child) => new Promise((resolve) => child.once("close", resolve)))),
      new Promise((resolve) => setTimeout(resolve, STOP_MS).unref()),
    ]);
  }

  // Also called when a test takes its whole process down.
  readonly #removeTraces = (): void => {
    for (const pid of processesWith(this.#marker)) process.kill(pid, "SIGKILL");
    for (const path of mountpoints().filter((path) => path.startsWith(`${this.folder}/`))) {
      spawnSync("umount", ["-l", path]);
    }
    rmSync(this.folder, { recursive: true, force: true });
  };

  async #scanned(): Promise<Status> {
    const isIdle = async (): Promise<Status | undefined> => {
      const status = await this.status();
      return status.scan.state === "idle" ? status : undefined;
    };
    return until("the scan is over", isIdle, 120_000);
  }

  #command(args: readonly string[]): string[] {
    return [...(this.#options.asNobody ? AS_NOBODY : []), process.execPath, BIN, ...args];
  }

  #spawnOptions(): { cwd: string; env: NodeJS.ProcessEnv } {
    const [name = "", value] = this.#marker.split("=");
    const { PATH } = process.env;
    return {
      cwd: "/",
      env: {
        PATH,
        HOME: join(this.folder, "home"),
        XDG_CACHE_HOME: join(this.folder, "cache"),
        XDG_STATE_HOME: join(this.folder, "state"),
        XDG_CONFIG_HOME: join(this.folder, "config"),
        XDG_RUNTIME_DIR: join(this.folder, "run"),
        [name]: value,
      },
    };
  }
}

/** A mounted library, scanned. */
export interface TestMount {
  readonly mountpoint: string;
  readonly instance: TestInstance;
  readonly daemon: RunningDaemon;
  /** After the first scan. */
  readonly status: Status;
}

/** Gives `use` an instance that does not run yet, and sees that nothing is left of it, however `use` ends. */
export async function withInstance(
  options: InstanceOptions,
  use: (instance: TestInstance) => Promise<void>,
): Promise<void> {
  const instance = new TestInstance(options);
  const failure = await use(instance).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  const leftovers = await instance.dispose();
  if (failure) throw failure.error;
  if (leftovers.length > 0) throw new Error(`left behind: ${leftovers.join(", ")}`);
}

/**
 * Mounts, scans, gives `use` the mount, stops, and sees that the daemon ended well and left nothing behind.
 * Files of the mount are touched by this process, which is not the daemon's.
 */
export function withMount(options: InstanceOptions, use: (mount: TestMount) => Promise<void>): Promise<void> {
  return withInstance(options, async (instance) => {
    const daemon = await instance.start();
    const status = await daemon.scanned();
    await use({ mountpoint: instance.mountpoint, instance, daemon, status });
    const { code, stderr } = await daemon.stop();
    if (code !== 0) throw new Error(`the daemon ended with ${code}: ${stderr}`);
  });
}
