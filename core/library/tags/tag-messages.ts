import type { TagJob, TagResult } from "./tag-pool.js";

/** What the pool and a worker say to each other. Jobs carry a ticket, which counts up over a worker's life. */
export type ToWorker =
  | { readonly kind: "batch"; readonly firstTicket: number; readonly jobs: readonly TagJob[] }
  | { readonly kind: "range"; readonly rangeId: number; readonly bytes: Uint8Array }
  | {
      readonly kind: "range-failed";
      readonly rangeId: number;
      readonly code: string;
      readonly message: string;
    };

export type ToPool =
  | { readonly kind: "results"; readonly firstTicket: number; readonly results: readonly TagResult[] }
  | {
      readonly kind: "read-range";
      readonly ticket: number;
      readonly rangeId: number;
      readonly offsetBytes: number;
      readonly lengthBytes: number;
    };

export interface TagWorkerData {
  /** One Int32: the ticket of the job that keeps the worker busy, or {@link NO_TICKET}. */
  readonly progress: SharedArrayBuffer;
  readonly lyrics: boolean;
}

export const NO_TICKET = -1;

/** Code of a range that did not come within the time that its file may take. */
export const TIMED_OUT = "timed-out";
