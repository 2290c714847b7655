import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { freePort } from "../free-port.js";
import { until } from "../process.js";

/** OpenSSH's server on loopback, for the user of this process, with a key of its own. */
export interface Sshd {
  readonly port: number;
  readonly username: string;
  /** Private key that it lets in. */
  readonly keyFile: string;
  /** File in the format of known_hosts that has its key. */
  readonly knownHosts: string;
  /** Its public key as `ssh-keygen` writes it: type, base64, comment. */
  readonly hostKey: string;
  /** Processes of the server, and those that serve its connections. */
  readonly processes: number[];
  /** Kills it with all connections, as `kill -9` does. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** Gives it another host key; it shows when it is started again. */
  changeHostKey(): void;
  /** Forgets the key that lets in, or knows it again. */
  setAuthorized(isAuthorized: boolean): void;
  /** What it logged so far. */
  readonly log: string;
}

export interface SshdOptions {
  /** More lines of its config. */
  readonly config?: readonly string[];
  /** Network namespace that it runs in, with its address there. */
  readonly network?: { readonly name: string; readonly address: string };
}

const SSHD = "/usr/sbin/sshd";

/** @param folder for its keys and its config. It is killed when the test is over. */
export async function openSshd(
  t: { after(fn: () => void | Promise<void>): void },
  folder: string,
  options: SshdOptions = {},
): Promise<Sshd> {
  const server = await makeSshd(folder, options);
  t.after(() => server.kill());
  return server;
}

/** Like {@link openSshd}, for who kills it by himself. */
export async function makeSshd(folder: string, { config = [], network }: SshdOptions = {}): Promise<Sshd> {
  const at = (name: string): string => join(folder, name);
  mkdirSync(folder, { recursive: true });
  if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true });
  makeKey(at("host_key"));
  makeKey(at("user_key"));
  const port = await freePort();
  const host = network?.address ?? "127.0.0.1";
  const command = [...(network ? ["ip", "netns", "exec", network.name] : []), SSHD];
  writeFileSync(at("sshd_config"), configOf(folder, host, port, config));
  let child: ChildProcess | undefined;
  let log = "";
  const server: Sshd = {
    port,
    username: userInfo().username,
    keyFile: at("user_key"),
    knownHosts: at("known_hosts"),
    get hostKey() {
      return readFileSync(at("host_key.pub"), "utf8").trim();
    },
    get processes() {
      return child?.pid === undefined ? [] : [child.pid, ...descendantsOf(child.pid)];
    },
    get log() {
      return log;
    },
    changeHostKey() {
      rmSync(at("host_key"));
      makeKey(at("host_key"));
    },
    setAuthorized(isAuthorized) {
      writeFileSync(at("authorized_keys"), isAuthorized ? readFileSync(at("user_key.pub")) : "");
    },
    async start() {
      const [program = "", ...before] = command;
      const started = spawn(program, [...before, "-D", "-e", "-f", at("sshd_config")], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      child = started;
      started.stderr.setEncoding("utf8").on("data", (text: string) => {
        log += text;
      });
      const logged = log.length;
      await until("sshd listens", () => {
        if (started.exitCode !== null) throw new Error(`sshd ended: ${log}`);
        return log.slice(logged).includes("Server listening");
      });
    },
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      for (const pid of server.processes) killQuietly(pid);
      await exited;
    },
  };
  server.setAuthorized(true);
  writeFileSync(at("known_hosts"), `[${host}]:${port} ${server.hostKey}\n`);
  await server.start();
  return server;
}

function configOf(folder: string, host: string, port: number, extra: readonly string[]): string {
  return [
    `Port ${port}`,
    `ListenAddress ${host}`,
    `HostKey ${join(folder, "host_key")}`,
    `AuthorizedKeysFile ${join(folder, "authorized_keys")}`,
    `PidFile ${join(folder, "pid")}`,
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "PermitRootLogin yes",
    "MaxStartups 100",
    "Subsystem sftp internal-sftp",
    ...extra,
    "",
  ].join("\n");
}

function makeKey(file: string): void {
  rmSync(`${file}.pub`, { force: true });
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "musicfs-test", "-f", file]);
}

function descendantsOf(pid: number): number[] {
  const children = childrenOf(pid);
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  } catch {
    return [];
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself meanwhile.
  }
}
