import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { freePort } from "../free-port.js";
import { until } from "../process.js";

export interface RcloneSftp {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly hostFingerprint: string;
  close(): Promise<void>;
}

/** `rclone serve sftp` on loopback: another server than OpenSSH's, in another language, with a password. */
export async function openRcloneSftp(folder: string): Promise<RcloneSftp> {
  const [host, port, username, password] = ["127.0.0.1", await freePort(), "listener", "s3cr3t-CANARY"];
  const child = spawn(
    "rclone",
    [
      "serve",
      "sftp",
      folder,
      "--read-only",
      "--dir-cache-time",
      "0s",
      "--poll-interval",
      "0s",
      "--addr",
      `${host}:${port}`,
      "--user",
      username,
      "--pass",
      password,
    ],
    { stdio: "ignore", env: { ...process.env, XDG_CACHE_HOME: `${folder}/.cache` } },
  );
  const exited = once(child, "exit");
  await until("rclone listens", () => {
    if (child.exitCode !== null) throw new Error(`rclone ended with ${child.exitCode}`);
    return isListening(host, port);
  });
  return {
    host,
    port,
    username,
    password,
    hostFingerprint: fingerprintOf(host, port),
    async close() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

function isListening(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}

function fingerprintOf(host: string, port: number): string {
  const scan = execFileSync("ssh-keyscan", ["-t", "ed25519", "-p", `${port}`, host], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const shown = execFileSync("ssh-keygen", ["-lf", "-"], { input: scan, encoding: "utf8" });
  return shown.split(" ")[1] ?? "";
}
