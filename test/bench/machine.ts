import { statfsSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { VERSION } from "#core/version.js";
import { run } from "./processes.js";

/** Where and with what was measured: label and text. */
export type Machine = Readonly<Record<string, string>>;

export async function describeMachine(dir: string): Promise<Machine> {
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " "),
    cpu: `${processors.length} x ${processors[0]?.model.trim() ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: `${type()} ${release()}`,
    "working folder": `${dir} (${await outputOf("stat", ["-f", "-c", "%T", dir])})`,
    musicfs: [VERSION, await outputOf("git", ["rev-parse", "--short", "HEAD"])].filter(Boolean).join(" at "),
    node: process.version,
    bindfs: await outputOf("bindfs", ["--version"]),
    rclone: (await outputOf("rclone", ["version"])).split("\n")[0] ?? "",
    "libfuse 3": await outputOf("fusermount3", ["--version"]),
    "libfuse 2": (await outputOf("dpkg-query", ["-W", "libfuse2"])).split("\t")[1] ?? "",
    user: process.getuid?.() === 0 ? "root" : `uid ${process.getuid?.()}: no passthrough, no cold figures`,
    "load before": loadavg()[0]?.toFixed(2) ?? "",
  };
}

export function freeBytesOf(dir: string): number {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}

async function outputOf(command: string, args: readonly string[]): Promise<string> {
  try {
    return (await run(command, args)).stdout.trim();
  } catch {
    return "";
  }
}
