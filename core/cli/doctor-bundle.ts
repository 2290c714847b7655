import { closeSync, fstatSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { release, version } from "node:os";
import { join, resolve } from "node:path";
import type { Config } from "../config/config.js";
import { describePlugin } from "../config/describe-plugin.js";
import { callControl, fetchStatus, streamControl } from "../control/client.js";
import { plainOf } from "../control/plain.js";
import { MusicfsError, messageOf } from "../errors.js";
import type { Finding } from "../model/mount-driver.js";
import { redact, withoutSecrets } from "../secrets/redaction.js";
import { escapeControlsInLines, safeJson } from "../text.js";
import { VERSION } from "../version.js";

/** What `doctor` found. */
export interface Diagnosis {
  readonly findings: readonly Finding[];
  /** Absent where the config is broken or missing. */
  readonly config?: Config;
}

const MAX_LOG_BYTES = 256 * 1024;
const LOG_LINES = 1000;
const CALL_MS = 5_000;

type Section = readonly [title: string, content: () => unknown];

/**
 * Writes everything that somebody who helps needs to know into one text file, which a person can read through
 * before handing it on: the machine, the findings, the config, what the running instance says, and its log.
 * Secrets are left out by key and by value.
 *
 * @param file `undefined`: `musicfs-bundle-<time>.txt` in the current folder.
 * @returns the file's path.
 * @throws `MFS_FOLDER_UNUSABLE` when it can't be made, or is there already.
 */
export async function writeBundle(diagnosis: Diagnosis, file: string | undefined): Promise<string> {
  const stamp = new Date().toISOString().replaceAll(/[:.]/gu, "-");
  const path = resolve(file ?? `musicfs-bundle-${stamp}.txt`);
  const parts: string[] = [];
  for (const [title, content] of sectionsOf(diagnosis)) {
    parts.push(`== ${title} ==`, await textOf(content), "");
  }
  try {
    writeFileSync(path, parts.join("\n"), { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw new MusicfsError("MFS_FOLDER_UNUSABLE", `cannot write ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return path;
}

function sectionsOf({ findings, config }: Diagnosis): Section[] {
  return [
    ["machine", describeMachine],
    ["findings", () => findings],
    ["mounts of MusicFS", mountsOfMusicfs],
    ...(config ? sectionsOfConfig(config) : []),
  ];
}

function sectionsOfConfig(config: Config): Section[] {
  const { socketPath } = config;
  const limits = { timeoutMs: CALL_MS };
  return [
    ["config", () => ({ ...config, ...describePlugins(config) })],
    ["status", () => fetchStatus(socketPath, limits)],
    ["origins", () => callControl(socketPath, (client, call) => client.listOrigins({}, call), limits)],
    ["views", () => callControl(socketPath, (client, call) => client.listViews({}, call), limits)],
    ["cache", () => callControl(socketPath, (client, call) => client.getCacheStats({}, call), limits)],
    ["events", () => pastEvents(socketPath)],
    ["log of the running instance", () => runningLog(socketPath)],
    ["end of the log file", () => endOf(join(config.stateDir, "musicfs.log"))],
  ];
}

async function textOf(content: () => unknown): Promise<string> {
  try {
    const found = plainOf(await content());
    const text = typeof found === "string" ? found : JSON.stringify(withoutSecrets(found), null, 2);
    return escapeControlsInLines(redact(text));
  } catch (error) {
    return `(cannot be told: ${redact(messageOf(error))})`;
  }
}

function describeMachine(): object {
  const { versions, platform, arch, execArgv } = process;
  const node = { node: versions.node, platform, arch, execArgv };
  return { musicfs: VERSION, ...node, kernel: `${release()} ${version()}`, uid: process.getuid?.() };
}

function mountsOfMusicfs(): string {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return lines.filter((line) => line.includes(" - fuse.musicfs ")).join("\n") || "(none)";
}

function describePlugins({ plugins, views }: Config): object {
  const layouts = views.map(({ root, layout }) => ({ root, layout: describePlugin(layout) }));
  return { plugins: plugins.map(describePlugin), views: layouts };
}

async function pastEvents(socketPath: string): Promise<string> {
  const lines: string[] = [];
  const request = { past: 500, pastOnly: true };
  const signal = AbortSignal.timeout(CALL_MS);
  for await (const { events } of streamControl(
    socketPath,
    (client, call) => client.subscribeEvents(request, call),
    signal,
  )) {
    lines.push(...events.map((event) => safeJson(plainOf(event))));
  }
  return lines.join("\n");
}

async function runningLog(socketPath: string): Promise<string> {
  const lines: string[] = [];
  const signal = AbortSignal.timeout(CALL_MS);
  for await (const { entries } of streamControl(
    socketPath,
    (client, call) => client.readLogs({ lines: LOG_LINES }, call),
    signal,
  )) {
    lines.push(...entries.map((entry) => safeJson(plainOf(entry))));
  }
  return lines.join("\n");
}

function endOf(path: string): string {
  const fd = openSync(path, "r");
  try {
    const { size } = fstatSync(fd);
    const buffer = Buffer.alloc(Math.min(size, MAX_LOG_BYTES));
    const bytes = readSync(fd, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString("utf8", 0, bytes);
  } finally {
    closeSync(fd);
  }
}
