import {
  type Dirent,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import type { OriginFile, UnreadableFolder } from "musicfs";
import { pathFromBytes, pathToBytes } from "musicfs/vfs";
import type { WalkMessage, WalkOrder } from "./walk.js";

/** Files in one message. */
const BATCH = 512;
/** Messages that may wait to be taken. */
const MAX_PENDING = 8;

const order = workerData as WalkOrder;
const pending = new Int32Array(order.pending);
const rootPrefix = order.root === "/" ? "/" : `${order.root}/`;
const ownDevices = musicfsDevices();
/** Folders that were reached through a link, by device and inode: each is walked once, and no link leads in circles. */
const followed = new Set<string>();

let files: OriginFile[] = [];
let unreadable: UnreadableFolder[] = [];

walk();
flush();
send(undefined);

// Depth first, names in the order of their bytes: the listing is the same whenever the folder is.
function walk(): void {
  const folders = [""];
  for (;;) {
    const folder = folders.pop();
    if (folder === undefined) return;
    const below = listFolder(folder);
    for (const child of below.reverse()) folders.push(child);
  }
}

// Takes up the files of a folder and returns the folders in it.
function listFolder(folder: string): string[] {
  const entries = readFolder(folder);
  const folders: string[] = [];
  for (const entry of entries) {
    const path = folder === "" ? pathFromBytes(entry.name) : `${folder}/${pathFromBytes(entry.name)}`;
    if (entry.isSymbolicLink()) takeLink(path, folders);
    else if (entry.isDirectory()) takeFolder(path, folders);
    else if (entry.isFile()) takeFile(path, statOf(path, lstatSync));
  }
  return folders;
}

function readFolder(folder: string): Dirent<Buffer>[] {
  try {
    const entries = readdirSync(fullPath(folder), { withFileTypes: true, encoding: "buffer" });
    return entries.sort((a, b) => Buffer.compare(a.name, b.name));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && folder !== "") return [];
    if (folder === "") throw error;
    unreadable.push({ path: folder, reason: code ?? message });
    return [];
  }
}

function takeFolder(path: string, folders: string[]): void {
  // A MusicFS mount below the root would show every track twice, and could be our own.
  if (ownDevices.size > 0 && ownDevices.has(statOf(path, lstatSync)?.dev ?? -1)) return;
  folders.push(path);
}

function takeFile(path: string, stat: Stats | undefined): void {
  if (!stat?.isFile()) return;
  files.push({ path, sizeBytes: stat.size, mtimeMs: stat.mtimeMs });
  if (files.length >= BATCH) flush();
}

// What a link inside the root points to is listed at its own place.
function takeLink(path: string, folders: string[]): void {
  if (!order.followSymlinks) return;
  const target = realPathOf(path);
  if (target === undefined || `${target}/`.startsWith(rootPrefix)) return;
  const stat = statOf(path, statSync);
  if (stat?.isDirectory()) {
    const identity = `${stat.dev}:${stat.ino}`;
    if (followed.has(identity) || rootPrefix.startsWith(`${target === "/" ? "" : target}/`)) return;
    followed.add(identity);
    takeFolder(path, folders);
  } else {
    takeFile(path, stat);
  }
}

// A file that vanishes while its folder is listed was not there.
function statOf(path: string, stat: typeof lstatSync | typeof statSync): Stats | undefined {
  try {
    return stat(fullPath(path)) as Stats;
  } catch {
    return undefined;
  }
}

function realPathOf(path: string): string | undefined {
  try {
    return pathFromBytes(realpathSync.native(fullPath(path), { encoding: "buffer" }));
  } catch {
    return undefined;
  }
}

function fullPath(path: string): Buffer | string {
  return pathToBytes(path === "" ? order.root : rootPrefix + path);
}

function flush(): void {
  if (files.length > 0 || unreadable.length > 0) send({ files, unreadable });
  files = [];
  unreadable = [];
}

function send(message: WalkMessage): void {
  for (;;) {
    const waiting = Atomics.load(pending, 0);
    if (waiting < MAX_PENDING) break;
    Atomics.wait(pending, 0, waiting);
  }
  if (message !== undefined) Atomics.add(pending, 0, 1);
  parentPort?.postMessage(message);
}

/** Device numbers of the MusicFS mounts of this machine, as `stat` gives them. */
function musicfsDevices(): Set<number> {
  try {
    const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
    const devices = lines
      .filter((line) => line.includes(" - fuse.musicfs "))
      .map((line) => line.split(" ")[2] ?? "");
    return new Set(devices.map(deviceNumber));
  } catch {
    return new Set();
  }
}

// `major:minor` as Linux packs them (`gnu_dev_makedev`), for the small numbers that anonymous devices have.
function deviceNumber(text: string): number {
  const [major = 0, minor = 0] = text.split(":").map(Number);
  return major * 256 + (minor % 256) + Math.floor(minor / 256) * 2 ** 20;
}
