/** The entry of the thread that keeps the index what the catalogue is. */
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { Indexer, openDocuments } from "musicfs/search";
import { loadTantivy } from "./binding.js";
import type { FromIndexer } from "./messages.js";
import { openIndex } from "./open-index.js";
import { TantivyWriter } from "./tantivy-writer.js";

/** What the thread is given. */
export interface IndexerThreadData {
  readonly cataloguePath: string;
  readonly indexPath: string;
  /** The process without which all this is for nobody. */
  readonly parentPid: number;
}

/** Documents in one go. */
const BATCH = 500;
const NICENESS = 5;
const LOOK_FOR_PARENT_MS = 2_000;

const { cataloguePath, indexPath, parentPid } = workerData as IndexerThreadData;

// On Linux this is of the thread alone, and of those that tantivy starts from it.
if (process.platform === "linux") setPriority(NICENESS);

// Should the other thread hang in a search when the daemon dies, nobody else would end this process.
setInterval(() => {
  if (process.ppid !== parentPid) process.kill(process.pid, "SIGKILL");
}, LOOK_FOR_PARENT_MS);

const tantivy = loadTantivy();
const indexer = new Indexer({
  source: openDocuments({ cataloguePath }),
  writer: new TantivyWriter(tantivy, openIndex(tantivy, indexPath)),
  batch: BATCH,
  onProgress: (progress) => tell({ kind: "progress", ...progress }),
  onFailure: (error) => {
    throw error;
  },
});
parentPort?.on("message", () => indexer.wake());
indexer.start();

function tell(message: FromIndexer): void {
  parentPort?.postMessage(message);
}
