import type { FromEngine, ToEngine } from "musicfs/search";

/** What the thread is started with. */
export interface ThreadSettings {
  readonly cataloguePath: string;
  readonly folder: string;
}

/** From the main thread to the one that searches. */
export type ToThread = ToEngine;

/** From the thread that searches to the main one. */
export type FromThread =
  | FromEngine
  /** The thread ends. An error of SQLite loses what it says on its own way out of a thread. */
  | { readonly kind: "failed"; readonly message: string; readonly isDamaged: boolean };
