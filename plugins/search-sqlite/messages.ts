import type { HandedSearch, SearchAnswer } from "musicfs/search";

/** What the thread is started with. */
export interface ThreadSettings {
  readonly cataloguePath: string;
  readonly folder: string;
}

/** From the main thread to the one that searches. */
export type ToThread = HandedSearch | { readonly kind: "follow" };

/** From the thread that searches to the main one. */
export type FromThread =
  /** Searches are answered from now on. `note`: why a new index was begun. */
  | { readonly kind: "opened"; readonly note?: string }
  | { readonly kind: "answer"; readonly ticket: number; readonly answer: SearchAnswer }
  | { readonly kind: "refused"; readonly ticket: number; readonly message: string }
  | { readonly kind: "progress"; readonly tracks: number; readonly isCurrent: boolean }
  /** The thread ends. An error of SQLite loses what it says on its own way out of a thread. */
  | { readonly kind: "failed"; readonly message: string; readonly isDamaged: boolean };
