/** The entry of the thread that watches a folder for `watch.ts`. */
import { parentPort, workerData } from "node:worker_threads";
import { EventBurst, queueLength } from "./event-burst.js";
import { FolderReader } from "./folder-reader.js";
import { Settling } from "./settling.js";
import type { WatchMessage, WatchOrder } from "./watch.js";
import { WatchedTree } from "./watched-tree.js";

/** How often is looked at what has settled, in milliseconds. */
const TICK_MS = 50;
/** Messages that may wait to be taken; what settles meanwhile goes with the next one. */
const MAX_PENDING = 2;

/** After a sign that events were lost, everything is watched anew this much later, in milliseconds: more may be. */
const ANEW_AFTER_MS = 300;

const order = workerData as WatchOrder;
const pending = new Int32Array(order.pending);
const reader = new FolderReader(order.root, order.followSymlinks);
const settling = new Settling();
const tree = new WatchedTree(reader, touched);
const burst = new EventBurst(queueLength());
let timer: NodeJS.Timeout | undefined;
let isAnewDue = false;

tree.add("", () => undefined);
send({ folders: tree.size, paths: [] });

function touched(folder: string, name: string | undefined): void {
  if (burst.add() && !isAnewDue) {
    isAnewDue = true;
    setTimeout(watchAnew, ANEW_AFTER_MS);
  }
  const path = name === undefined ? folder : folder === "" ? name : `${folder}/${name}`;
  look(path, performance.now());
  timer ??= setInterval(tell, TICK_MS);
}

// Of a folder that was made meanwhile nothing may have been told, so it is not watched yet.
function watchAnew(): void {
  isAnewDue = false;
  tree.drop("");
  tree.add("", () => undefined);
  settling.note("", performance.now());
  timer ??= setInterval(tell, TICK_MS);
}

function look(path: string, nowMs: number): void {
  const kind = reader.kindAt(path);
  const isKnown = tree.has(path);
  const isSame = kind === "folder" && isKnown && tree.isSame(path);
  // At once, since a folder that was moved must not be known by two names.
  if (!isSame) tree.drop(path);
  if (kind === "folder" && !isSame) tree.add(path, (file) => settling.note(file, nowMs));
  // Of a folder that is new, its files are told, each when it has settled.
  if (kind !== "folder" || isKnown) settling.note(path, nowMs, kind === undefined);
}

function tell(): void {
  if (settling.isEmpty) {
    clearInterval(timer);
    timer = undefined;
    return;
  }
  if (Atomics.load(pending, 0) >= MAX_PENDING) return;
  const paths = settling.take(performance.now());
  if (paths.length === 0) return;
  // A disk that was unmounted leaves an empty folder behind: nothing that is told of it then is true.
  if (!tree.isSame(""))
    throw new Error("the folder is another one than before; its disk may have been unmounted");
  send({ folders: tree.size, paths });
}

function send(message: WatchMessage): void {
  Atomics.add(pending, 0, 1);
  parentPort?.postMessage(message);
}
