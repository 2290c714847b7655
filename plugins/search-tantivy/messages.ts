import type { HandedSearch, SearchAnswer } from "musicfs/search";

/** What the search process is started with. */
export interface ProcessSettings {
  readonly cataloguePath: string;
  readonly folder: string;
  /** Begin a new index whatever is there. */
  readonly anew: boolean;
}

/** From the daemon to the search process. */
export type ToProcess =
  | { readonly kind: "open"; readonly settings: ProcessSettings }
  | HandedSearch
  /** The catalogue has changed. */
  | { readonly kind: "follow" };

/** From the search process to the daemon. */
export type FromProcess =
  /** Searches are answered from now on. `note`: why a new index was begun. */
  | { readonly kind: "opened"; readonly note?: string }
  | { readonly kind: "answer"; readonly ticket: number; readonly answer: SearchAnswer }
  | { readonly kind: "refused"; readonly ticket: number; readonly message: string }
  | { readonly kind: "progress"; readonly tracks: number; readonly isCurrent: boolean }
  /** Nothing new is indexed until the next try; what is indexed is found. */
  | { readonly kind: "stalled"; readonly message: string }
  /** It cannot work on this machine. */
  | { readonly kind: "unusable"; readonly message: string; readonly hint: string };

/** From the thread that indexes to its process. */
export type FromIndexer = Extract<FromProcess, { readonly kind: "progress" | "stalled" }>;
