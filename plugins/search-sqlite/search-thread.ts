/** The entry of the thread that indexes and searches, in turns. */
import { parentPort, workerData } from "node:worker_threads";
import { Indexer, openDocuments } from "musicfs/search";
import { isDamage, openDatabase } from "./index-database.js";
import type { FromThread, ThreadSettings, ToThread } from "./messages.js";
import { SqliteSearcher } from "./searcher.js";
import { SqliteWriter } from "./sqlite-writer.js";

/** Documents in one go: the longest that a search waits for the indexing, some ten milliseconds. */
const BATCH = 200;

const { cataloguePath, folder } = workerData as ThreadSettings;
const { db, note } = openDatabase(folder);
const searcher = new SqliteSearcher(db);
const indexer = new Indexer({
  source: openDocuments({ cataloguePath }),
  writer: new SqliteWriter(db),
  batch: BATCH,
  onProgress(progress) {
    searcher.refresh();
    tell({ kind: "progress", ...progress });
  },
  onFailure: fail,
});

parentPort?.on("message", (message: ToThread) => {
  if (message.kind === "follow") indexer.wake();
  else answer(message);
});
tell({ kind: "opened", ...(note === undefined ? {} : { note }) });
indexer.start();

function answer({ ticket, query, limit }: Extract<ToThread, { kind: "search" }>): void {
  try {
    tell({ kind: "answer", ticket, answer: searcher.search(query, limit) });
  } catch (error) {
    tell({ kind: "refused", ticket, message: error instanceof Error ? error.message : String(error) });
    if (isDamage(error)) fail(error);
  }
}

// The thread is started again, and looks at its files.
function fail(error: unknown): void {
  tell({
    kind: "failed",
    message: error instanceof Error ? error.message : String(error),
    isDamaged: isDamage(error),
  });
  process.exit(1);
}

function tell(message: FromThread): void {
  parentPort?.postMessage(message);
}
