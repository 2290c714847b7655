import type { FromEngine, ToEngine } from "musicfs/search";

/** What the search process is started with. */
export interface ProcessSettings {
  readonly cataloguePath: string;
  readonly folder: string;
  /** Begin a new index whatever is there. */
  readonly anew: boolean;
}

/** From the daemon to the search process. */
export type ToProcess = { readonly kind: "open"; readonly settings: ProcessSettings } | ToEngine;

/** From the search process to the daemon. */
export type FromProcess =
  | FromEngine
  /** Nothing new is indexed until the next try; what is indexed is found. */
  | { readonly kind: "stalled"; readonly message: string }
  /** It cannot work on this machine. */
  | { readonly kind: "unusable"; readonly message: string; readonly hint: string };

/** From the thread that indexes to its process. */
export type FromIndexer = Extract<FromProcess, { readonly kind: "progress" | "stalled" }>;
