/** The entry of the thread that lists a folder for `walk.ts`. */
import { parentPort, workerData } from "node:worker_threads";
import type { OriginFile, UnreadableFolder } from "musicfs";
import { FolderReader } from "./folder-reader.js";
import type { WalkMessage, WalkOrder } from "./walk.js";

/** Files in one message. */
const BATCH = 512;
/** Messages that may wait to be taken. */
const MAX_PENDING = 8;

const order = workerData as WalkOrder;
const pending = new Int32Array(order.pending);
const reader = new FolderReader(order.root, order.followSymlinks);

let files: OriginFile[] = [];
let unreadable: UnreadableFolder[] = [];

if (order.paths) for (const path of order.paths) walkAt(path);
else walk("");
flush();
send(undefined);

function walkAt(path: string): void {
  const kind = path === "" ? "folder" : reader.kindAt(path);
  if (kind === "folder") walk(path);
  else if (kind === "file") takeFile(path);
}

// Depth first, names in the order of their bytes: the listing is the same whenever the folder is.
function walk(top: string): void {
  const folders = [top];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const child of listFolder(folder).toReversed()) folders.push(child);
  }
}

// Takes up the files of a folder and returns the folders in it.
function listFolder(folder: string): readonly string[] {
  try {
    const content = reader.read(folder);
    for (const path of content.files) takeFile(path);
    return content.folders;
  } catch (error) {
    if (folder === "") throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") unreadable.push({ path: folder, reason: code ?? message });
    return [];
  }
}

function takeFile(path: string): void {
  const file = reader.fileAt(path);
  if (!file) return;
  files.push(file);
  if (files.length >= BATCH) flush();
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
